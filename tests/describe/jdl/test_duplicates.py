from __future__ import annotations

import pytest

from tests.describe.jdl.given import PLAIN, accepted, read, the_warning


@pytest.mark.parametrize(
    "text",
    [
        PLAIN + 'Arguments = "a";\n ARGUMENTS = "b";',
        '[ Executable = "/bin/ls";\n Arguments = "a";\n arguments = "b" ]',
        '# note\n[Executable = "/bin/ls"; Arguments="a";\n Arguments= "b"; ]',
    ],
)
def test_an_attribute_that_is_set_twice_is_told(text: str) -> None:
    warning = the_warning(text)
    assert (warning.code, warning.attribute.lower()) == ("duplicate", "arguments")
    assert "is set more than once, first in line 2, column " in warning.message
    assert "; the last one, in line 3, column 2, is taken" in warning.message
    assert accepted(text).arguments == "b"


@pytest.mark.parametrize(
    "text",
    [
        'x = 1; y = [ x = 2 ]; UserTags = [ x = "1"; y = "x = 3; x = 4;" ];',
        "Requirements = other.x == 1 && other.x =?= 1 && x == 2 && x =!= 2; x = 2;",
        "// Arguments = 1; Arguments = 2;\n/* Arguments = 3; Arguments = 4 */ # x",
        "# x = 1; x = 2\nx = 3;",
        'Environment = { "A=1", "B=2" };',
        "x = { [ a = 1 ], [ a = 1 ] };",
    ],
)
def test_what_only_looks_like_it_is_not(text: str) -> None:
    assert [w for w in read(PLAIN + text).problems if w.code == "duplicate"] == []
