from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwms.client.errors import LocalFile
from gridwms.client.expand import expand


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for name in ("a.sh", "b.sh", "c.txt", "x[1].dat", 'say "hi".log'):
        (tmp_path / name).write_text("")
    (tmp_path / "dir.sh").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "one.bin").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('InputSandbox = {"*.sh"};', 'InputSandbox = {"a.sh", "b.sh"};'),
        ('inputsandbox={ "c.txt","data/*" };', 'inputsandbox={ "c.txt","data/one.bin" };'),
        ('InputSandbox = "?.txt"; Other = "*.sh";', 'InputSandbox = "c.txt"; Other = "*.sh";'),
        ('InputSandbox = {"$HERE/c.txt", "${HERE}/d"};', 'InputSandbox = {"/there/c.txt", "/there/d"};'),
        ('InputSandbox = {"x[1].dat"};', 'InputSandbox = {"x[[]1].dat"};'),
        ('InputSandbox = {"say*"};', r'InputSandbox = {"say \"hi\".log"};'),
        ('InputSandbox = {"https://h/*", "gsiftp://h/$X"};', None),
        ('// InputSandbox = {"*.none"}\nA = "InputSandbox = {*}";', None),
        ('/* InputSandbox = {"*.none"} */ A = 1;', None),
        ('InputSandbox == {"*.none"};', None),
        ('MyInputSandbox = {"*.none"};', None),
        ('InputSandbox = {"a.sh",\n // "*.none"\n "c.txt"};', None),
        ('[ InputSandbox = {\n "c.t*" } ; Nodes = [ InputSandbox = { "a.*" } ] ]', None),
    ],
)
def test_expansion(here: Path, before: str, after: str | None) -> None:
    got = expand(before, [here], {"HERE": "/there"})
    if "Nodes" in before:
        assert got == '[ InputSandbox = {\n "c.txt" } ; Nodes = [ InputSandbox = { "a.sh" } ] ]'
    else:
        assert got == (before if after is None else after)
    assert got.count("\n") == before.count("\n")


def test_what_matches_nothing_is_told(here: Path) -> None:
    with pytest.raises(LocalFile, match=r"\*\.none"):
        expand('InputSandbox = {"*.none"};', [here], {})
    with pytest.raises(LocalFile, match="NOT_SET"):
        expand('InputSandbox = {"$NOT_SET/x"};', [here], {})


def test_the_first_directory_with_a_match_counts(here: Path) -> None:
    (here / "data" / "z.sh").write_text("")
    assert expand('InputSandbox = {"*.sh"};', [here / "data", here], {}) == 'InputSandbox = {"z.sh"};'
    assert expand('InputSandbox = {"c.*"};', [here / "data", here], {}) == 'InputSandbox = {"c.txt"};'


@given(st.text(alphabet='InputSandbox={}";\\*$/# \n[]', max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    try:
        expand(text, [Path("/nonexistent")], {})
    except LocalFile:
        return


def test_long_text_takes_no_long_time(here: Path) -> None:
    for text in (
        '"' * 200_000,
        "InputSandbox=" * 20_000,
        "{" * 200_000 + "*",
        'InputSandbox = {"' + "a" * 200_000 + "*",
    ):
        assert len(expand(text, [here], {})) >= len(text) - 1
