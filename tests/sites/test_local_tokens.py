"""Wrappers at the local site that ask for their tokens by the line of their site, and when that is cut."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gridwms.sites.contract import Handover, Phase, Receipt
from gridwms.sites.link import TokenRequest
from gridwms.wrapper.render import render
from gridwms.wrapper.task import Input, Task
from tests.sites.contract import receipts_of, tags
from tests.sites.test_local import LocalRig
from tests.wrapper.service import Attempt, Service

NOBODY = "http://127.0.0.1:9"


@dataclass
class Link:
    """The service as the site sees it; `answer` None: it is away."""

    answer: bool | None = True
    asked: list[TokenRequest] = field(default_factory=list)
    hold: threading.Event | None = None

    def take_tokens(self, requests: Sequence[TokenRequest]) -> list[bool | None]:
        self.asked += requests
        if self.hold is not None:
            self.hold.wait(30)
        return [self.answer] * len(requests)

    def send_events(self, reports: Sequence[tuple[str, Sequence[str]]]) -> list[bool | None]:
        raise AssertionError("last words are left to the site")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[LocalRig]:
    made = LocalRig(tmp_path)
    yield made
    made.close()


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


def handover(rig: LocalRig, tag: str, script: str, url: str = NOBODY, **changes: object) -> Handover:
    """The script as an attempt that is brought by the site, with an output file."""
    path = rig.directory / f"input of {tag}"
    path.write_text(f"#!/bin/sh\necho x >>{rig.traces}/{tag}\n{script}\n")
    fields: dict[str, object] = {
        "tag": tag,
        "job_id": f"https://localhost/jobs/{tag}",
        "attempt": 1,
        "service": url,
        "capability": "c",
        "vo": "dteam",
        "executable": "run it",
        "arguments": "'a b' c",
        "std_output": "out",
        "inputs": (Input(index=0, name="run it"),),
        "outputs": ("out", "o d?"),
    }
    task = Task(**(fields | changes))  # type: ignore[arg-type]
    return Handover(tag=tag, ce="", script=render(task), inputs=(("run it", str(path)),))


def finish(rig: LocalRig, receipts: list[Receipt]) -> None:
    rig.wait(lambda: all(one.phase is Phase.ENDED for one in rig.site.status(receipts)))


def left(rig: LocalRig, receipt: Receipt) -> tuple[str, dict[str, str]]:
    """The last event line, and the output files."""
    (leftover,) = rig.site.collect([receipt])
    return leftover.events[-1], {name: Path(path).read_text() for name, path in leftover.outputs.items()}


def test_a_job_needs_no_http_at_all(rig: LocalRig) -> None:
    link = rig.site.link = Link()
    script = 'echo "$# $1"; echo odd >"o dd"; ls -l /proc/self/fd | grep -c socket; env | grep -c GRIDWMS_LINK; exit 3'
    receipts = receipts_of(rig.site.submit([handover(rig, tag, script) for tag in tags(10)]))
    finish(rig, receipts)
    assert {one.tag for one in link.asked} == {one.tag for one in receipts}
    assert all(len(one.lines) == 1 and one.lines[0].startswith("type=Running&") for one in link.asked)
    assert len({one.instance for one in link.asked}) == 10
    for receipt in receipts:
        word, files = left(rig, receipt)
        assert word.startswith("type=Finished&")
        assert "&exit_code=3&" in word
        assert files == {"out": "2 a b\n0\n0\n", "o dd": "odd\n"}
        assert rig.ran(receipt.tag) == 1
    assert {one.exit_code for one in rig.site.status(receipts)} == {0}


@pytest.mark.parametrize("lost", ["outputs", "a line of it", "o dd", "what is in it", "nothing"])
def test_what_a_power_cut_took_is_not_taken_for_a_good_end(rig: LocalRig, lost: str) -> None:
    """Nobody waits for the disk here: a last word may be left of an attempt whose files are not."""
    rig.site.link = Link()
    receipts = receipts_of(rig.site.submit([handover(rig, tags(1)[0], 'echo odd >"o dd"')]))
    finish(rig, receipts)
    (folder,) = rig.directory.rglob("outputs")
    if lost == "outputs":
        folder.unlink()
    elif lost == "a line of it":
        folder.write_text(folder.read_text().splitlines(keepends=True)[0])
    elif lost != "nothing":
        path = Path(rig.site.collect(receipts)[0].outputs["o dd"]).resolve()
        path.unlink() if lost == "o dd" else path.write_bytes(b"")
    (leftover,) = rig.site.collect(receipts)
    words = [line.partition("&")[0] for line in leftover.events]
    assert ("type=Finished" in words) == (lost == "nothing")


def test_a_refused_one_ends_in_silence(rig: LocalRig) -> None:
    rig.site.link = Link(answer=False)
    (receipt,) = receipts = receipts_of(rig.site.submit([handover(rig, tags(1)[0], "")]))
    finish(rig, receipts)
    assert rig.ran(receipt.tag) == 0
    assert rig.site.collect(receipts)[0].events == ()
    assert rig.site.status(receipts)[0].exit_code == 16


@pytest.mark.parametrize("how", ["away", "cut", "far"])
def test_without_an_answer_the_service_itself_is_asked(rig: LocalRig, service: Service, how: str) -> None:
    tag = tags(1)[0]
    service.attempts[tag] = attempt = Attempt("c", inputs=[])
    link = rig.site.link = Link(answer=None)
    link.hold = threading.Event() if how == "cut" else None
    more: dict[str, object] = {"peek_seconds": 1} if how == "far" else {}
    if how == "far":
        link.answer = True
        attempt.inputs.append(b"#!/bin/sh\necho x >>%s/%s\n" % (str(rig.traces).encode(), tag.encode()))
    (receipt,) = receipts = receipts_of(rig.site.submit([handover(rig, tag, "echo y", service.url, **more)]))
    if how == "cut":
        rig.wait(lambda: link.asked != [])
        closing = threading.Thread(target=rig.restart)
        closing.start()
        assert link.hold is not None
        link.hold.set()
        closing.join()
    finish(rig, receipts)
    assert rig.ran(tag) == 1
    assert bool(attempt.instance) is (how != "far")
    assert left(rig, receipt)[0].startswith("type=Finished&")


def test_the_secret_is_gone_before_the_payload(rig: LocalRig) -> None:
    rig.site.link = Link()
    script = "cat ../../* ../../*/* 2>/dev/null | grep -c capability; wc -c <../../wrapper"
    receipts = receipts_of(rig.site.submit([handover(rig, tags(1)[0], script)]))
    finish(rig, receipts)
    assert left(rig, receipts[0])[1]["out"] == "0\n0\n"


def test_large_inputs_are_fetched_by_the_wrapper(rig: LocalRig, service: Service) -> None:
    tag = tags(1)[0]
    rig.site.link = Link()
    made = handover(rig, tag, "", service.url)
    content = b"#!/bin/sh\necho x >>%s/%s\nexit\n" % (str(rig.traces).encode(), tag.encode()) + b"#" * (1 << 20)
    assert made.inputs is not None
    Path(made.inputs[0][1]).write_bytes(content)
    service.attempts[tag] = Attempt("c", inputs=[content])
    receipts = receipts_of(rig.site.submit([made]))
    finish(rig, receipts)
    assert rig.ran(tag) == 1


def test_a_caller_that_talks_nonsense_is_cut_off(rig: LocalRig) -> None:
    link = rig.site.link = Link()
    odd: list[Callable[[str], str]] = [
        lambda tag: "printf 'hello\\n\\n' >&9; read -r x <&9 || echo cut",
        lambda tag: "head -c 2000000 /dev/zero >&9; read -r x <&9 || echo cut",
        lambda tag: "exec 9>&-; echo cut",
    ]
    receipts = receipts_of(rig.site.submit([rig.script(tag, how(tag)) for tag, how in zip(tags(3), odd, strict=True)]))
    finish(rig, receipts)
    assert ["cut" in one.log for one in rig.site.collect(receipts)] == [True] * 3
    assert link.asked == []
