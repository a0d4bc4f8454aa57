"""Hostile documents: an answer at once, never an exception; nothing is resolved, nothing is fetched."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.describe.convert.reading import Reading
from gridwms.describe.jsdl import read_jsdl
from gridwms.describe.jsdl.schema import ELEMENTS
from tests.describe.jsdl.given import DEFAULTS, NOW, PROGRAM, document, read, the_error

LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefghi", "bcdefghij", strict=True)
)


def timed(text: str | bytes) -> Reading:
    started = time.process_time()
    reading = read_jsdl(text, DEFAULTS, now=NOW)
    assert time.process_time() - started < 1.0
    assert (reading.description is None) == bool(reading.errors)
    assert all("\n" not in str(problem) for problem in reading.problems)
    return reading


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS + "]><l>&j;</l>",
        '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l>&x;</l>',
        '<!DOCTYPE l SYSTEM "http://example.org/l.dtd"><l/>',
        '<?xml version="1.0"?>\n<!-- <!DOCTYPE --> \n<!DOCTYPE l [<!ENTITY % p SYSTEM "http://example.org/">%p;]><l/>',
        "<!DOCTYPE l [" + '<!ENTITY a "x">' * 20_000 + "]><l/>",
    ],
)
def test_a_dtd_is_refused(text: str) -> None:
    (found,) = timed(text).problems
    assert found.code == "dtd"
    assert found.line == (3 if text.startswith("<?xml") else 1)
    assert found.column == 1


def test_entities_are_not_known() -> None:
    assert "entity" in the_error(document(identification="<JobName>&x;</JobName>")).message


LARGE = {
    "deep": ("<a>" * 100_000, "too_large"),
    "many elements": (document(resources="<x:y/>" * 100_000), "too_large"),
    "many attributes": ("<a " + " ".join(f'b{number}=""' for number in range(20_000)) + "/>", "too_large"),
    "large text": ("<a>" + " " * 2_000_000 + "</a>", "too_large"),
    "NUL": ("<a>\0</a>", "nul"),
    "control character": ("<a>\x01</a>", "syntax"),
    "not UTF-8": (b"<a>\xff</a>", "encoding"),
    "an unknown encoding": (b'<?xml version="1.0" encoding="utf-7"?><a/>', "encoding"),
    "half of UTF-16": (b"\xff\xfe<\0a", "encoding"),
    "a wrong declaration": (b'<?xml version="1.0" encoding="us-ascii"?><a>\xe9</a>', "encoding"),
}


@pytest.mark.parametrize("case", LARGE)
def test_limits(case: str) -> None:
    text, code = LARGE[case]
    (found,) = timed(text).problems
    assert found.code == code


@pytest.mark.parametrize(
    "text",
    [
        document(resources="<TotalCPUcont/>" * 15_000),
        document(resources="<x:TotalCPUcont/>" * 15_000),
        document(resources="<TotalCPUCount " + " ".join(f'epsilonn{at}="1"' for at in range(60)) + "/>") * 1,
        document(resources=f"<{'x' * 400_000}/>"),
        document(resources=f'<y:a xmlns:y="{"u" * 400_000}"/>'),
        document(identification=f"<JobName>{'x ' * 200_000}</JobName>"),
        document(staging="<DataStaging/>" * 10_000),
    ],
    ids=range(7),
)
def test_many_mistakes_are_told_quickly_and_briefly(text: str) -> None:
    reading = timed(text)
    assert sum(len(str(problem)) for problem in reading.problems) < 200_000
    assert all(len(lost.what) + len(lost.why) < 500 for lost in reading.lost)


def test_columns_count_characters() -> None:
    text = document(resources="<!-- \u00e9\U0001f600 --><ExclusiveExecution>no</ExclusiveExecution>")
    assert (the_error(text).line, the_error(text).column) == (8, 12)


def test_a_long_document_within_the_limits_is_quick() -> None:
    staged = "<DataStaging><FileName>f{0}</FileName><CreationFlag>append</CreationFlag><Source/></DataStaging>"
    assert timed(document(staging="".join(staged.format(at) for at in range(900)))).description is not None
    words = "<p:Argument>$(rm) 'x'</p:Argument>" * 5_000
    assert timed(document(program=f"{PROGRAM}{words}")).description is not None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_declared_encodings_are_read(encoding: str) -> None:
    text = document(identification="<JobName>caf\u00e9</JobName>")
    declared = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>\n{text}'
    assert 'NodeName = "caf\u00e9"' in read(declared.encode(encoding)).jdl


@given(st.binary(max_size=100))
def test_any_bytes(raw: bytes) -> None:
    timed(raw)


def trees(names: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    texts = st.sampled_from(
        ["", "1", "true", "-1", "1e400", "x y", "linux", "&#9;", "f", "\u00e9", "https://h/x", "overwrite"]
    )
    attributes = st.sampled_from(
        ["", ' name="a"', ' filesystemName="HOME"', ' exclusiveBound="1"', ' epsilon="1"', ' x:y="1"']
    )
    return st.recursive(
        texts,
        lambda inner: st.lists(st.tuples(names, attributes, inner), max_size=4).map(
            lambda parts: "".join(f"<{name}{attribute}>{text}</{name}>" for name, attribute, text in parts)
        ),
        max_leaves=12,
    )


PREFIXES = {"jsdl": "", "posix": "p:", "hpc": "h:", "spmd": "s:", "gridwms": "x:"}
KNOWN = [PREFIXES[name.split(":")[0]] + name.split(":")[1] for name in ELEMENTS]


@settings(max_examples=300, deadline=None)
@given(trees(st.sampled_from(KNOWN)), trees(st.sampled_from(KNOWN)), trees(st.sampled_from(KNOWN)))
def test_any_elements(program: str, resources: str, staging: str) -> None:
    timed(document(program=PROGRAM + program, resources=resources, staging=staging))
