# ruff: noqa: E501 - a strategy reads better in one line
"""What is printed reads back as the same expression, and other notations keep the meaning."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.classad import (
    Binary,
    ClassAd,
    ClassAdSyntaxError,
    Conditional,
    Expr,
    Group,
    Index,
    ListExpression,
    Literal,
    Reference,
    Unary,
    ad_from_json,
    ad_to_json,
    ads_from_xml,
    ads_to_xml,
    conformance,
    parse_ad,
    parse_ad_old,
    parse_ads_old,
    parse_expression,
    unparse,
    unparse_old,
)
from gridwms.classad.parser import LEVELS
from tests.classad.grammar import Grammar, ScopeGrammar

TEXTS = st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=8)
LITERALS = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), TEXTS
).map(Literal)
NAMES = st.one_of(st.sampled_from(["a", "B_1", "is", "true", "parent", "x y"]), TEXTS.filter(bool))


def _deeper(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    return st.one_of(
        st.builds(Unary, st.sampled_from(Unary.OPERATORS), inner),
        st.builds(Binary, st.sampled_from([*LEVELS, "?:"]), inner, inner),
        st.builds(Conditional, inner, inner, inner),
        st.builds(Index, inner, inner),
        st.builds(Group, inner),
        st.builds(lambda base, name: Reference(base, name), inner, NAMES),
        st.lists(inner, max_size=3).map(lambda items: ListExpression(tuple(items))),
        st.lists(st.tuples(NAMES, inner), max_size=3).map(ClassAd),
    )


TREES: st.SearchStrategy[Expr] = st.recursive(
    st.one_of(LITERALS, NAMES.map(lambda name: Reference(None, name))), _deeper, max_leaves=12
)


def without_groups(node: Expr) -> Expr:
    """The tree without parentheses, which printing may add."""
    match node:
        case Group():
            return without_groups(node.inner)
        case Unary():
            return Unary(node.operator, without_groups(node.operand))
        case Binary():
            return Binary(node.operator, without_groups(node.left), without_groups(node.right))
        case Conditional():
            return Conditional(*(without_groups(part) for part in (node.test, node.yes, node.no)))
        case Index():
            return Index(without_groups(node.base), without_groups(node.index))
        case Reference() if node.base is not None:
            return Reference(without_groups(node.base), node.name)
        case ListExpression():
            return ListExpression(tuple(without_groups(item) for item in node.items))
        case ClassAd():
            return ClassAd((name, without_groups(expr)) for name, expr in node.items())
    return node


@given(TREES)
@settings(max_examples=1500, deadline=None)
def test_a_printed_tree_reads_back(tree: Expr) -> None:
    assert without_groups(parse_expression(unparse(tree))) == without_groups(tree)
    if isinstance(tree, ClassAd):
        again = parse_ad(unparse(tree, multiline=True))
        assert without_groups(again) == without_groups(tree) and list(again) == list(tree)


@given(st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_printed_expressions_have_the_same_value(seed: int) -> None:
    for text, my, target in [*Grammar(seed).cases(25), *ScopeGrammar(seed).cases(20)]:
        known = conformance.evaluate(text, my, target)
        if known == ["parse_error"] or "random" in text or "ime(" in text.lower():
            continue
        printed = unparse(parse_expression(text))
        assert conformance.evaluate(printed, my, target) == known, (text, printed)


@given(st.lists(st.tuples(NAMES, TREES), max_size=4).map(ClassAd))
@settings(max_examples=300, deadline=None)
def test_json_and_xml_keep_an_ad(ad: ClassAd) -> None:
    assert without_groups(ad_from_json(ad_to_json(ad))) == without_groups(ad)
    assert list(ad_from_json(ad_to_json(ad))) == list(ad)
    if all(all(character in "\t\n" or " " <= character < "\ufffe" for character in name) for name in ad):
        (again,) = ads_from_xml(ads_to_xml([ad]))
        assert without_groups(again) == without_groups(ad)


@given(
    st.lists(st.tuples(NAMES.filter(lambda name: name.isidentifier() and name.isascii()), TREES), max_size=4).map(
        ClassAd
    )
)
@settings(max_examples=300, deadline=None)
def test_the_old_syntax_keeps_an_ad(ad: ClassAd) -> None:
    try:
        text = unparse_old(ad)
    except ValueError:
        return  # a line end in a string
    assert without_groups(parse_ad_old(text, compat=False)) == without_groups(ad), text


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (Binary("+", Binary("*", Binary("+", Literal(1), Literal(2)), Literal(3)), Literal(4)), "(1 + 2) * 3 + 4"),
        (Binary("-", Literal(1), Binary("-", Literal(2), Literal(3))), "1 - (2 - 3)"),
        (Binary("*", Binary("-", Literal(1), Literal(2)), Literal(3)), "(1 - 2) * 3"),
        (Binary("||", Binary("&&", Binary("||", Literal(True), Literal(False)), Literal(True)), Literal(False)),
         "(true || false) && true || false"),
        (Binary("+", Binary("*", Literal(1), Literal(2)), Literal(3)), "1 * 2 + 3"),
    ],
)  # fmt: skip
def test_parentheses_stand_where_they_must(tree: Expr, text: str) -> None:
    assert unparse(tree) == text


def test_old_syntax() -> None:
    text = '# comment\nA = "c:\\dir\\"\nB = "say \\"hi\\" x"\nRequirements = (x > 5) && y == "a\\b"\n\n\nC = 1\n'
    first, second = parse_ads_old(text)
    assert first["A"] == Literal("c:\\dir\\") and first["b"] == Literal('say "hi" x')
    assert first.position("requirements") == (4, 1)
    assert second["C"] == Literal(1)
    with pytest.raises(ClassAdSyntaxError) as caught:
        parse_ads_old("A = 1\nB = = 2\n")
    assert (caught.value.line, caught.value.column) == (2, 5)


def test_json_as_htcondor_writes_it() -> None:
    text = '{"a": 1, "e": null, "g": "\\/Expr(a + b)\\/", "s": "/Expr(a)/", "l": [1, {"x": 2.5}], "big": 99999999999999999999}'
    ad = ad_from_json(text)
    assert ad["g"] == parse_expression("a + b") and ad["s"] == Literal("/Expr(a)/")
    assert ad["big"] == Literal(1e20) and unparse(ad["l"]) == "{ 1, [ x = 2.5 ] }"
    assert '"\\/Expr(a + b)\\/"' in ad_to_json(ad) and '"/Expr(a)/"' in ad_to_json(ad)


@pytest.mark.parametrize(
    "text", ["", "[1]", "{", '{"a": "\\/Expr(1 +)\\/"}', '{"a":' * 100000, "nonsense", '{"a": ' + "9" * 5000 + "}"]
)
def test_bad_json_is_refused(text: str) -> None:
    with pytest.raises(ClassAdSyntaxError):
        ad_from_json(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<c>",
        '<!DOCTYPE x [<!ENTITY a "b">]><c/>',
        '<c><a n="x"><q/></a></c>',
        '<c><a n="x"><i>x y</i></a></c>',
        "<c><a><i>1</i></a></c>",
    ],
)
def test_bad_xml_is_refused(text: str) -> None:
    with pytest.raises(ClassAdSyntaxError):
        ads_from_xml(text)
