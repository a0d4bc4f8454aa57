"""No value can be executed, whatever it holds."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridwms.wrapper.render import quote, render
from gridwms.wrapper.task import Input, Task
from tests.wrapper.conftest import SHELLS

PLAIN = Task(
    tag="gw-0123456789abcdefghijkl-1",
    job_id="https://localhost/jobs/0123456789abcdefghijkl",
    attempt=1,
    service="http://127.0.0.1:1",
    capability="abc",
    vo="dteam",
    executable="run",
)
NASTY = st.lists(
    st.sampled_from(["'", '"', "\\", "\n", "$(exit 9)", "`exit 9`", "$x", "${x}", ";", "&", "|", "\x7f", "\x01", "é",
                     "\udcff", "#", " ", "}", ")", "EOF", "\r", "!", "~", "*"])
    | st.characters(exclude_characters="\0", exclude_categories=("Cs",)),
    max_size=30,
).map("".join)  # fmt: skip


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("name", list(SHELLS))
def test_quoted_words_are_themselves(name: str) -> None:
    shell = SHELLS[name]
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{name} is not installed here")

    @settings(max_examples=30, deadline=None)
    @given(words=st.lists(NASTY, min_size=1, max_size=20))
    def check(words: list[str]) -> None:
        script = "set -f; printf '%s\\0' " + " ".join(quote(word) for word in words)
        out = subprocess.run(shell, input=encode(script), capture_output=True, check=True).stdout
        assert out == b"".join(encode(word) + b"\0" for word in words)

    check()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_data_at_the_top_runs_nothing(data: st.DataObject) -> None:
    """The data block of any task, run by itself, prints what it was given and does nothing else."""
    word = NASTY
    name = word.filter(lambda text: text not in ("", ".", "..") and "/" not in text)
    values = data.draw(st.tuples(word, word, word, word, word, name, word, word))
    task = Task(
        **{
            **{field: getattr(PLAIN, field) for field in Task.__dataclass_fields__},
            "job_id": values[0],
            "vo": values[1],
            "arguments": values[2],
            "std_output": values[3],
            "site_hooks": values[4],
            "inputs": (Input(index=0, name=values[5]),),
            "outputs": (values[6],),
            "environment": (("VALUE", values[7]),),
        }
    )
    block = render(task).split("\nunset -v gw_", 1)[1].split("unset -v IFS CDPATH\n", 1)[0].split("\n", 1)[1]
    script = f"""{block}
gw_input() {{ gw_got_input=$2; }}
gw_output() {{ gw_got_output=$1; }}
gw_inputs
gw_outputs
gw_environment
printf '%s\\0' "$gw_job_id" "$gw_vo" "$gw_hooks" "$gw_got_input" "$gw_got_output" "$VALUE"
"""
    out = subprocess.run(["sh"], input=encode(script), capture_output=True, check=True).stdout
    expected = [values[0], values[1], values[4], values[5], values[6], values[7]]
    assert out.split(b"\0")[:-1] == [encode(value) for value in expected]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"arguments": "a\0b"}, "NUL"),
        ({"environment": (("A", "\0"),)}, "NUL"),
        ({"environment": (("", "x"),)}, "name of an environment variable"),
        ({"outputs": ("a\0",)}, "NUL"),
        ({"tag": "../x"}, "tag"),
        ({"tag": "a b"}, "tag"),
        ({"service": "http://x y"}, "service URL"),
        ({"service": "file:///etc"}, "service URL"),
        ({"capability": 'a"b'}, "capability"),
        ({"capability": "a\nb"}, "capability"),
        ({"inputs": (Input(index=0, name="../../x"),)}, "plain name"),
        ({"inputs": (Input(index=0, name=".."),)}, "plain name"),
        ({"inputs": (Input(index=0, name="x", source="gsiftp://host/x"),)}, "cannot fetch"),
        ({"executable": ""}, "executable"),
    ],
)
def test_what_cannot_be_handed_over_is_refused(changes: dict[str, object], what: str) -> None:
    fields = {field: getattr(PLAIN, field) for field in Task.__dataclass_fields__}
    with pytest.raises(ValueError, match=what):
        render(Task(**{**fields, **changes}))  # type: ignore[arg-type]


def test_a_refused_capability_is_not_told() -> None:
    fields = {field: getattr(PLAIN, field) for field in Task.__dataclass_fields__}
    with pytest.raises(ValueError, match="no capability") as caught:
        render(Task(**{**fields, "capability": "secret value"}))
    assert "secret" not in str(caught.value)


EVERYTHING = replace(PLAIN, cpus=2, mpi="mpi", interactive=True, terminal=True, container="/i")
"""A task whose wrapper has every part."""


@pytest.mark.parametrize("name", list(SHELLS))
@pytest.mark.parametrize("task", [PLAIN, EVERYTHING], ids=["plain", "everything"])
def test_every_shell_can_read_it(name: str, task: Task) -> None:
    shell = SHELLS[name]
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{name} is not installed here")
    subprocess.run([*shell, "-n"], input=render(task).encode(), check=True)


@pytest.mark.parametrize("task", [PLAIN, EVERYTHING], ids=["plain", "everything"])
def test_no_bashism(task: Task) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed here")
    # 2317: functions that rendered data or traps call; 2016: quoted data that looks like code
    subprocess.run(["shellcheck", "-s", "sh", "-e", "SC2317,SC2016", "-"], input=render(task).encode(), check=True)


def test_a_plain_job_carries_nothing_of_the_special_ones() -> None:
    names = set(re.findall(r"^(gw_[a-z_]+)\(\)", render(EVERYTHING), re.MULTILINE))
    assert names > set(re.findall(r"^(gw_[a-z_]+)\(\)", render(PLAIN), re.MULTILINE))
    assert "machines" not in render(PLAIN)
