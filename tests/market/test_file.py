from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.classad import evaluate_attribute, parse_expression
from gridwms.market import SourceError
from gridwms.market.sources.file import FileSource, read_ads, read_toml

TOML = """
# two sites
[[resource]]
GlueCEUniqueID = "ce.x:2119/gw-pbs-q"
GlueCEStateFreeJobSlots = 3
GlueCEStateEstimatedResponseTime = 1.5
GlueHostNetworkAdapterOutboundIP = true
GlueHostApplicationSoftwareRunTimeEnvironment = ["A", "B"]
Requirements = 'other.VirtualOrganisation == "atlas"'
storage = { free = 3 }

[[resource]]
gluececuniqueid = 0
GlueCEUniqueID = "ce.y:2119/gw-pbs-q"
"""


def test_toml_tables_become_ads() -> None:
    first, second = read_toml(TOML, "sites.toml")
    assert evaluate_attribute(first, "GlueCEUniqueID") == "ce.x:2119/gw-pbs-q"
    assert evaluate_attribute(first, "GlueCEStateFreeJobSlots") == 3
    assert evaluate_attribute(first, "GlueCEStateEstimatedResponseTime") == 1.5
    assert evaluate_attribute(first, "GlueHostNetworkAdapterOutboundIP") is True
    assert evaluate_attribute(first, "GlueHostApplicationSoftwareRunTimeEnvironment") == ("A", "B")
    assert first["Requirements"] == parse_expression('other.VirtualOrganisation == "atlas"')
    assert "storage" in first
    assert evaluate_attribute(second, "GlueCEUniqueID") == "ce.y:2119/gw-pbs-q"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[resource]]\nGlueCEUniqueID = \n", "line 2"),
        ("[[resource]]\nx = 1\n", "sites.toml, line 1: this [[resource]] has no GlueCEUniqueID"),
        (
            '[[resource]]\nGlueCEUniqueID = "a"\n\n[[resource]]\nGlueCEUniqueID = "b"\nRequirements = "1 +"\n',
            "sites.toml, line 4: Requirements",
        ),
        ('[[resource]]\nGlueCEUniqueID = "a"\nx = 2020-01-01\n', "x: datetime.date(2020, 1, 1) cannot stand in an ad"),
        ('[[resource]]\nGlueCEUniqueID = "a"\nx = 99999999999999999999\n', "cannot stand in an ad"),
        ("[[resources]]\nx = 1\n", "'resources' is not known; accepted: tables [[resource]]"),
        ("resource = 1\n", "write [[resource]] above each"),
    ],
)
def test_mistakes_in_toml_name_file_and_line(text: str, says: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_toml(text, "sites.toml")
    assert str(caught.value).startswith("sites.toml")
    assert says in str(caught.value)


ADS = """
# a comment, and // another
[ GlueCEUniqueID = "a"; note = "[ not an ad ]"; ]
/* [ nor
   this ] */
[ GlueCEUniqueID = "b"; inner = [ x = 1 ]; list = {1, 2};  // [ again
  Requirements = other.VirtualOrganisation == "cms" ]
"""


def test_classads_one_after_the_other() -> None:
    first, second = read_ads(ADS, "ads")
    assert evaluate_attribute(first, "note") == "[ not an ad ]"
    assert evaluate_attribute(second, "GlueCEUniqueID") == "b"
    assert "inner" in second


def test_no_ad_at_all() -> None:
    assert read_ads("# nothing\n", "ads") == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[ GlueCEUniqueID = "a" ]\nx', "line 2, column 1"),
        ('[ GlueCEUniqueID = "a" ] ]', "line 1, column 26"),
        ('[ GlueCEUniqueID = "a"', "line 1, column 1"),
        ('[ GlueCEUniqueID = "a" ]\n  [ x = ; ]', "line 2, column 9"),
        ('[ GlueCEUniqueID = "a" ]\n[ a = 1;\n x = ; ]', "line 3, column 6"),
        ('[ GlueCEUniqueID = "a" ]\n[ x = 1 ]', "line 2"),
    ],
)
def test_mistakes_in_classads_name_file_and_place(text: str, place: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_ads(text, "ads")
    assert str(caught.value).startswith(f"ads, {place}:")


def test_the_file_is_read_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "sites.toml"
    source = FileSource("file", path)
    with pytest.raises(SourceError, match=r"cannot read .*sites\.toml: No such file"):
        source.fetch()
    path.write_text(TOML)
    assert len(source.fetch()) == 2
    path.write_bytes(b"\xff")
    with pytest.raises(SourceError, match="byte 0 is not UTF-8"):
        source.fetch()


def test_other_names_hold_classads(tmp_path: Path) -> None:
    path = tmp_path / "sites.ads"
    path.write_text(ADS)
    assert len(FileSource("file", path).fetch()) == 2
