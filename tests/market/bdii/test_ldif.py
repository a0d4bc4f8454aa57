from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from gridwms.market.sources.bdii.ldif import LdifReader


def test_values_encoded_and_plain() -> None:
    name = base64.b64encode("Zürich".encode()).decode()
    old = base64.b64encode("Zürich".encode("latin-1")).decode()
    text = f"# a comment\ndn: a=b\nobjectClass: GlueCE\nName:: {name}\nname: x\nOld:: {old}\nBroken:: ???\nEmpty:\n"
    (entry,) = LdifReader().round([text.encode()])
    assert entry.dn == "a=b"
    assert entry.kinds == {"gluece"}
    assert entry.texts["name"] == ["Zürich", "x"]
    assert entry.text("old") == "Zürich"
    assert "broken" not in entry.texts
    assert "empty" not in entry.texts


def test_raw_bytes_that_are_no_utf8() -> None:
    (entry,) = LdifReader().round([b"dn: a=b\nname: Z\xfcrich\n"])
    assert entry.text("name") == "Zürich"


def test_a_block_that_comes_again_is_the_same_entry() -> None:
    reader = LdifReader()
    first = list(reader.round([b"dn: a\nx: 1\n\ndn: b\nx: 1\n\n"]))
    second = list(reader.round([b"dn: a\nx: 1\n\ndn: b\nx: 2\n\n"]))
    assert first[0] is second[0]
    assert first[1] is not second[1]


@given(st.binary(max_size=400), st.integers(1, 40))
def test_any_bytes_in_any_pieces(raw: bytes, size: int) -> None:
    pieces = [raw[start : start + size] for start in range(0, len(raw), size)]
    whole = [(entry.dn, dict(entry.texts)) for entry in LdifReader().round([raw])]
    assert [(entry.dn, dict(entry.texts)) for entry in LdifReader().round(pieces)] == whole
