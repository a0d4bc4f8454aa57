"""Jobs of all kinds at all kinds of sites at once, from one service: each ends right, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.all_sites.elements import SORTS, Element, place
from tests.end_to_end.all_sites.kinds import KINDS, Kind
from tests.end_to_end.conftest import Said, User
from tests.never_lost.rounds import Runner

SECONDS = 1500
"""After so long what has not ended never will."""
ENDED = {"DONE", "CLEARED", "ABORTED", "CANCELLED"}
UNPINNED = {"sandboxes", "sweep", "dag", "hostile", "yaml", "tried-again"}

pytestmark = [pytest.mark.long, pytest.mark.timeout(SECONDS + 600)]


@dataclass
class Pushed:
    """What was pushed through: by site the jobs there, and `views`, the jobs as they ended. `ran`: by job the lines
    that payloads left; `files`: what came home."""

    elements: dict[str, Element]
    jobs: dict[str, dict[str, Kind]] = field(default_factory=dict)
    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    ran: Counter[str] = field(default_factory=Counter)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


class Patient(User):
    """Somebody at a machine on which many batch systems run beside each other."""

    def __call__(self, *words: str, timeout: float = 300, stdin: str = "") -> Said:
        return super().__call__(*words, timeout=timeout, stdin=stdin)


@pytest.fixture(scope="module")
def pushed() -> Iterator[Pushed]:
    with ExitStack() as open_:
        elements = {name: sort.start(open_) for name, sort in SORTS.items() if not sort.missing()}
        folder = place(open_)
        config = folder / "gridwms.toml"
        head = "[jobs]\nwall_margin_seconds = 0\n"
        config.write_text(head + "".join(_section(element) for element in elements.values()))
        runner = Runner(folder, "--config", str(config))
        runner.start()
        open_.callback(runner.stop)
        yield _push(Patient(runner, folder), elements)


def _section(element: Element) -> str:
    return f"[sites.{element.name}]\npoll_seconds = 2\nrefresh_seconds = 5\n{element.block}"


def _push(user: User, elements: dict[str, Element]) -> Pushed:
    pushed, folder = Pushed(elements), user.directory
    ran = folder / "ran"
    ran.touch()
    ran.chmod(0o666)
    files: dict[str, tuple[str, Kind]] = {}
    for name, ce in (*_elements_of(user, elements).items(), ("", "")):
        lacks = elements[name].lacks if name else {kind.name for kind in KINDS} - UNPINNED
        for kind in KINDS:
            if kind.name not in lacks:
                path = kind.write(folder / "descriptions" / (name or "any") / kind.name, ce, ran)
                files[str(path)] = (name, kind)
    said = user("submit", "--json", *files)
    for one in said.json["jobs"]:
        assert one["id"] and not one["error"], one
        name, kind = files[one["name"]]
        pushed.jobs.setdefault(name, {})[one["id"]] = kind
    everything = {job: kind for jobs in pushed.jobs.values() for job, kind in jobs.items()}
    (folder / "ids").write_text("\n".join(everything))
    with ThreadPoolExecutor(8) as pool:
        acts = [pool.submit(_ACTS[kind.act], user, job, ran) for job, kind in everything.items() if kind.act]
        pushed.views = _follow(user)
        for act in acts:
            act.result(60)
    pushed.ran.update(ran.read_text().split())
    wanted = [job for job, kind in everything.items() if kind.output is not None]
    (folder / "wanted").write_text("\n".join(wanted))
    user("output", "--dir", str(folder / "fetched"), "-i", "wanted")
    pushed.files = {job: _fetched(folder / "fetched" / job.rpartition("/")[2]) for job in wanted}
    user("purge", "-i", "ids")
    pushed.left = _what_is_left(user.runner)
    return pushed


def _elements_of(user: User, elements: dict[str, Element]) -> dict[str, str]:
    """The first computing element of each site, as soon as all are known."""
    deadline = time.monotonic() + 120
    while True:
        sites = {one["name"]: one for one in user("site", "list", "--json").json["sites"]}
        if all(sites[name]["resources"] for name in elements):
            shown = {name: user("site", "show", "--json", name).json["site"] for name in elements}
            return {name: site["elements"][0]["ce"] for name, site in shown.items()}
        assert time.monotonic() < deadline, {name: site["trouble"] for name, site in sites.items()}
        time.sleep(1)


def _follow(user: User) -> dict[str, dict[str, Any]]:
    """Until all have ended, or it is too late."""
    deadline = time.monotonic() + SECONDS
    while True:
        views = {one["asked"]: one["job"] for one in user("status", "--json", "-i", "ids").json["jobs"]}
        if all(view["state"] in ENDED for view in views.values()) or time.monotonic() > deadline:
            return views
        time.sleep(2)


def _wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(1)


def _state(user: User, job: str) -> str:
    return str(user("status", "--json", job).json["jobs"][0]["job"]["state"])


def _cancel(user: User, job: str, _: Path) -> None:
    _wait_for(lambda: _state(user, job) == "RUNNING")
    assert user("cancel", job).status == 0


def _attach(user: User, job: str, _: Path) -> None:
    said = user("attach", job, stdin="one\ntwo\n", timeout=SECONDS)
    assert "said one\nsaid two\n" in said.out, said.out + said.err


def _peek(user: User, job: str, ran: Path) -> None:
    """What it has written is seen while it runs: it waits for that."""
    _wait_for(lambda: "first" in user("peek", job, "out").out)
    ran.with_name(f"ran.{job.rpartition('/')[2]}").touch()


_ACTS = {"cancel": _cancel, "attach": _attach, "peek": _peek}


def _fetched(target: Path) -> dict[str, bytes]:
    return {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}


def _what_is_left(runner: Runner) -> list[str]:
    """Files of jobs with the service, once it has had the time to remove them."""
    deadline = time.monotonic() + 60
    while True:
        areas = (runner.data / "sandbox", runner.data / "sites")
        found = [
            path for area in areas for path in area.rglob("*") if path.name.startswith("gw-") or path.name == "tags"
        ]
        if not found or time.monotonic() > deadline:
            return [str(path) for path in found]
        time.sleep(1)


def _of(pushed: Pushed, site: str) -> dict[str, Kind]:
    if site and (why := SORTS[site].missing()):
        pytest.skip(why)
    return pushed.jobs[site]


@pytest.mark.parametrize("site", [*SORTS, ""])
def test_each_ends_as_it_must(pushed: Pushed, site: str) -> None:
    wrong = []
    for job, kind in _of(pushed, site).items():
        view = pushed.views[job]
        if why := kind.wrong_end(view):
            wrong.append(f"{kind.name} {job} {why}")
        elif kind.output is not None and (files := pushed.files[job]) != kind.output:
            differ = [name for name in files if kind.output.get(name) != files[name]]
            wrong.append(f"{kind.name} {job}: missing {set(kind.output) - set(files)}, other {differ}")
        if site and view["kind"] == "job" and view["site"] not in ("", site):
            wrong.append(f"{kind.name} {job} went to {view['site']}")
        if kind.nodes == 1 and pushed.ran[job] != kind.runs:
            wrong.append(f"{kind.name} {job} left {pushed.ran[job]} lines and not {kind.runs}")
    assert wrong == []


def test_payloads_of_nodes_ran_once(pushed: Pushed) -> None:
    kinds = [kind for jobs in pushed.jobs.values() for kind in jobs.values()]
    assert sum(pushed.ran.values()) == sum(kind.runs * kind.nodes for kind in kinds)


@pytest.mark.parametrize("site", SORTS)
def test_nothing_is_left_there(pushed: Pushed, site: str) -> None:
    _of(pushed, site)
    deadline = time.monotonic() + 60
    while (left := pushed.elements[site].left()) and time.monotonic() < deadline:
        time.sleep(1)
    assert left == ""


def test_nothing_is_left_here(pushed: Pushed) -> None:
    assert pushed.left == []
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert [line for line in running.splitlines() if line in ("sleep 97", "sleep 98", "sleep 899", "sleep 901")] == []
