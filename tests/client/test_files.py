from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwms.client.answers import Upload
from gridwms.client.errors import ClientError, LocalFile, Refused
from gridwms.client.files import arriving, safe_name, source_of


def test_only_files_that_the_description_names_are_sent(tmp_path: Path) -> None:
    (tmp_path / "mine.sh").write_text("x")
    (tmp_path / 'say "hi"').write_text("x")
    secret = tmp_path / "id_rsa"
    secret.write_text("secret")
    text = rb'InputSandbox = {"mine.sh", "say \"hi\""};'
    assert source_of(Upload(index=0, name="mine.sh", local="mine.sh"), text, tmp_path) == tmp_path / "mine.sh"
    assert source_of(Upload(index=1, name="q", local='say "hi"'), text, tmp_path).exists()
    with pytest.raises(Refused, match="does not name"):
        source_of(Upload(index=0, name="mine.sh", local=str(secret)), text, tmp_path)


def test_what_cannot_be_sent_is_told(tmp_path: Path) -> None:
    for name in ("missing", "folder"):
        (tmp_path / "folder").mkdir(exist_ok=True)
        with pytest.raises(LocalFile, match=name):
            source_of(Upload(index=0, name=name, local=name), name.encode(), tmp_path)


@given(st.text(max_size=300))
def test_a_safe_name_stays_in_its_directory(name: str) -> None:
    try:
        safe_name(name)
    except Refused:
        return
    assert os.path.normpath(os.path.join("/d", name)) == f"/d/{name}"
    assert "\n" not in name


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/etc/passwd", "a/b", "a\0b", "a\nb", "\x1b[2J"])
def test_others_are_refused(name: str) -> None:
    with pytest.raises(Refused):
        safe_name(name)


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with pytest.raises(KeyError), arriving(home, "f") as file:
        file.write(b"half")
        raise KeyError
    assert list(home.iterdir()) == []
    with arriving(home, "f") as file:
        file.write(b"whole")
        assert not (home / "f").exists()
    assert [path.name for path in home.iterdir()] == ["f"]


def test_a_link_in_the_way_is_replaced_and_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("keep")
    (tmp_path / "f").symlink_to(target)
    with arriving(tmp_path, "f") as file:
        file.write(b"new")
    assert target.read_text() == "keep"
    assert (tmp_path / "f").read_text() == "new"


def test_no_room_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ClientError, match="cannot be written"), arriving(tmp_path / "file" / "below", "f") as file:
        file.write(b"x")
