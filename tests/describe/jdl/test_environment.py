from __future__ import annotations

import pytest

from gridwms.describe.jdl import JdlDefaults
from tests.describe.jdl.given import PLAIN, accepted, the_error, the_warning


def test_values_keep_blanks_quotes_and_equal_signs() -> None:
    text = r'Environment = {"A=b  c", "Q=say \"hi\" $(x)", "E=", "P=a=b", "N=two\nlines"};'
    assert accepted(PLAIN + text).environment == (
        ("A", "b  c"),
        ("Q", 'say "hi" $(x)'),
        ("E", ""),
        ("P", "a=b"),
        ("N", "two\nlines"),
    )


@pytest.mark.parametrize("item", ["A", "", "=x", "1A=x", "A B=x", "A;rm=x", "A-B=x", "É=x"])
def test_an_item_that_is_no_variable_is_refused(item: str) -> None:
    error = the_error(PLAIN + f'Environment = {{"GOOD=1",\n"{item}"}};')
    assert (error.code, error.attribute, error.line, error.column) == ("bad_variable", "Environment", 3, 1)
    assert "item 2" in error.message


def test_the_last_of_two_equal_names_counts_and_is_told() -> None:
    text = 'Environment = {"A=1", "A=2"};'
    assert the_warning(PLAIN + text).code == "duplicate"
    assert accepted(PLAIN + text).environment == (("A", "2"),)


def test_the_accounting_server_becomes_a_variable() -> None:
    assert accepted(PLAIN + 'HLRLocation = "host:1";').environment == (("HLR_LOCATION", "host:1"),)


def test_defaults_give_way_to_the_job() -> None:
    defaults = JdlDefaults(environment=(("A", "1"), ("B", "2")))
    assert accepted(PLAIN + 'Environment = "B=3";', defaults).environment == (("A", "1"), ("B", "3"))


def test_tags_are_text() -> None:
    text = 'UserTags = [ a = "x"; B = 3; c = 1.5; d = true ];'
    assert accepted(PLAIN + text).user_tags == (("a", "x"), ("B", "3"), ("c", "1.5"), ("d", "true"))


def test_a_tag_must_be_a_constant() -> None:
    error = the_error(PLAIN + "UserTags = [ a = {1} ];")
    assert "the tag a has the value" in error.message
