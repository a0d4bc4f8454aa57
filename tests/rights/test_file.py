"""The policy file: read, its errors with their lines, changed without touching the rest."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwms.rights.edit import CannotEdit, added, without
from gridwms.rights.file import read_policy_file
from gridwms.rights.names import USE, Right
from gridwms.rights.problems import BadRules
from gridwms.rights.rule import Caller
from gridwms.rights.rules import Rules

GOOD = """\
everyone = ["look", "check"]

# The production team.
[[rule]]
vo = "atlas"
role = ["production", "pilot"]
allow = ["use", "cancel-others"]
of_vo = "atlas"
note = "see the wiki"

[[map]]
name = "/DC=org/CN=Ann"
user = "ann"

# Nobody of that group.
[[rule]]
fqan = '/atlas/test*'
deny = "*"
"""


def test_a_file_is_read() -> None:
    found = read_policy_file(GOOD)
    assert found.everyone == {Right.LOOK, Right.CHECK}
    assert [(one.name, one.user) for one in found.rows] == [("/DC=org/CN=Ann", "ann")]
    first, second = found.rules
    assert (first.allow, first.note, first.where) == (USE | {Right.CANCEL_OTHERS}, "see the wiki", "policy.toml line 4")
    assert (first.shown, second.shown) == ("role production or pilot, vo atlas", "fqan /atlas/test*")
    assert second.deny == frozenset(Right) and second.where == "policy.toml line 16"
    pilot = Caller("x", "/CN=x", "atlas", ("/atlas/Role=pilot",), "/CN=CA")
    assert Rules(found.rules).of(pilot).grant(Right.CANCEL_OTHERS, "atlas")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("everyone = 3", 1, "list of rights"),
        ('\neveryone = ["submitt"]', 2, "do you mean 'submit'"),
        ("[[rules]]\n", 1, "do you mean 'rule'"),
        ('x = 1\n[[rule]]\nvo = "a"\nallow = "use"', 1, "no key 'x'"),
        ("[rule]\n", 1, "written [[rule]]"),
        ('[[rule]]\nallow = "use"\n', 1, "whom it is about"),
        ('\n[[rule]]\nvo = "a"\n', 2, "neither allows nor denies"),
        ('[[rule]]\nvo = "a"\nalow = "use"\n', 3, "do you mean 'allow'"),
        ('[[rule]]\nvo = "a"\nallow = "*"\n', 3, "can be denied only"),
        ('[[rule]]\nvo = "a"\nallow = ["use", "cancel-other"]\n', 3, "cancel-others"),
        ('[[rule]]\nvo = 3\nallow = "use"\n', 2, "a text, or a list"),
        ('[[rule]]\nvo = ""\nallow = "use"\n', 2, "empty"),
        ('[[rule]]\nvo = ["a", ""]\nallow = "use"\n', 2, "a text, or a list"),
        ('[[rule]]\nanybody = false\nallow = "use"\n', 2, "anybody = true"),
        ('[[rule]]\nanybody = true\nvo = "a"\nallow = "use"\n', 2, "stands alone"),
        ('[[rule]]\ngroup = "/wlcg"\nallow = "use"\n', 2, "name the issuer"),
        ('[[rule]]\nby = "magic"\nallow = "use"\n', 2, "certificate, local, token"),
        ('[[rule]]\ndn = "/CN=Ann/CN=proxy"\nallow = "use"\n', 2, "name of a proxy"),
        ('[[rule]]\ndn = "CN=Ann,DC=org"\nallow = "use"\n', 2, "begins with a slash"),
        ('[[rule]]\nfqan = "atlas/Role=x"\nallow = "use"\n', 2, "begins with a slash"),
        ('[[rule]]\nvo = "a"\nallow = "use"\nof_vo = "b"\n', 4, "about jobs of others"),
        ('[[rule]]\nvo = "a"\nallow = "use"\nnote = 1\n', 4, "a text"),
        ('[[map]]\nname = "x"\nrefuse = "yes"\n', 3, "true or false"),
        ('[[map]]\nnam = "x"\n', 2, "do you mean 'name'"),
        ('[[rule]]\nvo = "a"\nallow = ["use"\n', 3, "not TOML"),
        ('[[rule]]\nvo = "a"\nvo = "b"\n', 3, "not TOML"),
        ('[[rule]]\nnote = """\n[[rule]]\n"""\nvo = "a"\nallow = "usee"\n', 6, "do you mean 'use'"),
    ],
)
def test_errors_name_the_line(text: str, line: int, words: str) -> None:
    with pytest.raises(BadRules) as caught:
        read_policy_file(text)
    assert [one.line for one in caught.value.findings] == [line]
    assert words in caught.value.findings[0].sentence
    assert f"policy.toml line {line}: " in str(caught.value)


def test_all_errors_are_told_at_once() -> None:
    text = '[[rule]]\nvo = 1\nallow = "usee"\n[[rule]]\nfqan = "x"\ndeny = "nothing"\n'
    with pytest.raises(BadRules) as caught:
        read_policy_file(text)
    assert [one.line for one in caught.value.findings] == [2, 3, 5, 6]


def test_a_rule_is_added_and_removed_and_the_rest_stays() -> None:
    more = added(GOOD, "rule", {"user": "eve", "deny": ["submit"], "note": 'a "quoted" \\ ü\n'})
    assert more.startswith(GOOD)
    assert read_policy_file(more).rules[-1].note == 'a "quoted" \\ ü\n'
    assert without(more, "rule", [2]).rstrip() == GOOD.rstrip()
    less = without(GOOD, "rule", [0])
    assert [rule.shown for rule in read_policy_file(less).rules] == ["fqan /atlas/test*"]
    assert "# The production team." in less and "# Nobody of that group." in less and "[[map]]" in less
    assert without(GOOD, "map", [0]) == GOOD.replace('[[map]]\nname = "/DC=org/CN=Ann"\nuser = "ann"\n\n', "")
    with pytest.raises(CannotEdit):
        without('rule = [{vo = "a", allow = "use"}]\n', "rule", [0])


@given(st.text(min_size=1, max_size=40), st.text(max_size=40))
def test_whatever_is_written_is_read_again(name: str, note: str) -> None:
    try:
        (name + note).encode()
    except UnicodeEncodeError:
        return
    text = added("", "rule", {"user": name, "allow": ["submit"], "note": note})
    [found] = tomllib.loads(text)["rule"]
    assert found["user"] == name and found.get("note", "") == note
