"""Reading, printing and evaluating: what a reader of the reference would try first."""

from __future__ import annotations

import pickle

import pytest

from gridwms.classad import (
    ERROR,
    UNDEFINED,
    AbsoluteTime,
    ClassAd,
    ClassAdSyntaxError,
    EvaluationContext,
    Literal,
    RelativeTime,
    conjuncts,
    evaluate,
    evaluate_attribute,
    parse_ad,
    parse_ad_tolerant,
    parse_expression,
    quote,
    references,
    unparse,
)


def value(text: str, my: str | None = None, target: str | None = None, **options: object) -> object:
    ads = [None if ad is None else parse_ad(ad) for ad in (my, target)]
    return evaluate(parse_expression(text), *ads, **options)  # type: ignore[arg-type]


# -- errors that a person can act on


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("[a = ;]", 1, 6, "found ';', expected an expression after '='"),
        ("[a = 1;\n b = (1 + 2;\n]", 2, 12, "expected ')' for the '(' in line 2, column 6"),
        ('[a = "x]', 1, 6, "a quote \" that is never closed"),
        ("[a = 1; b 2]", 1, 11, "expected '=' after the name b"),
        ("[a = 1 b = 2]", 1, 8, "expected ';' or ']' after the expression"),
        ("[a = {1,}]", 1, 9, "expected an expression after ','"),
        ("[a = 10K]", 1, 8, "found 'K'"),
        ("[a = 08]", 1, 6, "which starts as an octal one"),
        ("[a = /* x]", 1, 6, "never closed"),
        ("[a = b c]", 1, 8, "found 'c'"),
        ("[a = absTime(\"tomorrow\")]", 1, 6, "this is no date"),
        ("[a = 99999999999999999999]", 1, 6, "fits 64 bits"),
        ("", 1, 1, "expected '[' at the start of an ad"),
        ("[a = 1", 1, 7, "the end of the text"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(ClassAdSyntaxError) as caught:
        parse_ad(text)
    assert (caught.value.line, caught.value.column) == (line, column), str(caught.value)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"line {line}, column {column}: ")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_all_mistakes_are_reported() -> None:
    ad, problems = parse_ad_tolerant(
        'a = 1;\n# a comment\nb = ;\nc = 5 +;\n  d = [x = 1; y = ];\ne = "ok";\nf = (1;\ng = 3'
    )
    assert [(p.line, p.column) for p in problems] == [(3, 5), (4, 8), (5, 19), (7, 7)]
    assert list(ad) == ["a", "e", "g"]


def test_tolerant_reading_of_an_ad_without_end() -> None:
    ad, problems = parse_ad_tolerant("[a = 1; b = 2")
    assert list(ad) == ["a", "b"] and len(problems) == 1
    assert parse_ad_tolerant("[a = 1]")[1] == []


def test_job_descriptions_may_lack_brackets_and_have_hash_comments() -> None:
    ad = (
        parse_ad('# first\nExecutable = "a#b";\n  # second\n// third\nArguments = "x"; # no', jdl=True)
        if False
        else parse_ad('# first\nExecutable = "a#b";\n  # second\n// third\nArguments = "x"', jdl=True)
    )
    assert list(ad) == ["Executable", "Arguments"]
    assert ad.position("arguments") == (5, 1)
    assert evaluate_attribute(ad, "EXECUTABLE") == "a#b"
    with pytest.raises(ClassAdSyntaxError):
        parse_ad("a = 1")


# -- ads


def test_an_ad_is_an_immutable_mapping_without_case() -> None:
    ad = parse_ad("[Alpha = 1; beta = Alpha + 1; ALPHA = 5]")
    assert list(ad) == ["ALPHA", "beta"] and len(ad) == 2
    assert ad["alpha"] == Literal(5) and "BETA" in ad and ad.get("gamma") is None
    changed = ad.with_(beta="x", gamma=[1, {"k": None}])
    assert list(changed) == ["ALPHA", "beta", "gamma"] and ad["beta"] != changed["beta"]
    assert evaluate_attribute(changed, "gamma") == (1, ClassAd.from_values({"k": None}))
    assert list(ad.without(["BETA"])) == ["ALPHA"]
    with pytest.raises(AttributeError):
        ad.alpha = 1  # type: ignore[attr-defined]
    with pytest.raises(KeyError):
        ad["gamma"]
    with pytest.raises(ValueError):
        ClassAd.from_values({"a": 2**63})
    assert ad == parse_ad("[beta = Alpha + 1;\n\n alpha = 5]") and hash(ad) == hash(
        parse_ad("[beta = Alpha + 1; alpha = 5]")
    )
    assert pickle.loads(pickle.dumps(changed)) == changed


def test_places_take_no_part_in_equality() -> None:
    one, two = parse_expression("a + 1"), parse_expression("  a\n + 1")
    assert one == two and hash(one) == hash(two)
    assert (two.line, two.column) == (2, 2)
    assert parse_expression("1") != parse_expression("1.0") != parse_expression("true")
    assert len({parse_expression(text) for text in ("1", "1.0", "true", "0.0", "-0.0")}) == 5


# -- values


def test_values_are_those_of_python() -> None:
    assert value('{1, 2.5, true, "x", undefined, error, {}}') == (1, 2.5, True, "x", UNDEFINED, ERROR, ())
    assert value('absTime("2020-01-01T01:00:00+01:00")') == AbsoluteTime(1577836800, 3600)
    assert value('relTime("1+00:00:01.5")') == RelativeTime(86401.5)
    assert value("[x = a; y = {x}]", "[a = 7]") == ClassAd.from_values({"x": 7, "y": [7]})
    assert repr(UNDEFINED) == "UNDEFINED" and pickle.loads(pickle.dumps(UNDEFINED)) is UNDEFINED


def test_time_and_chance_come_from_outside() -> None:
    context = EvaluationContext(now=lambda: 1577840461.5, random=lambda: 0.25, offset=lambda _seconds: 3600)
    assert value("time()", context=context) == 1577840461
    assert value("currentTime()", context=context) == AbsoluteTime(1577840461, 3600)
    assert value("dayTime()", context=context) == RelativeTime(7261.0)
    assert value("random(8)", context=context) == 2
    assert value('absTime("2020-01-01T00:00:00")', context=context) == AbsoluteTime(1577833200, 3600)
    assert value("getHours(absTime(0))", context=context) == 1
    assert value("CurrentTime", context=context, mode="compat") == 1577840461
    assert value("CurrentTime", context=context) is UNDEFINED


def test_site_tables_come_from_outside() -> None:
    context = EvaluationContext(user_maps={"groups": {"anna": "cms, atlas"}}, homes={"anna": "/home/anna"})
    assert value('userMap("groups", "anna")', context=context) == "cms, atlas"
    assert value('userMap("groups", "anna", "ATLAS")', context=context) == "atlas"
    assert value('userMap("groups", "bob", "x", "none")', context=context) == "none"
    assert value('userMap("nothing", "anna")', context=context) is UNDEFINED
    assert value('userHome("anna")', context=context) == "/home/anna"
    assert value('userHome("root")') is UNDEFINED


def test_the_two_modes() -> None:
    assert value("x", "[a = 1]", "[x = 2]") is UNDEFINED
    assert value("x", "[a = 1]", "[x = 2]", mode="compat") == 2
    assert value("my.a", "[a = 1]") is UNDEFINED
    assert value("my.a", "[a = 1]", mode="compat") == 1
    with pytest.raises(ClassAdSyntaxError):
        parse_expression("010", compat=True)
    assert evaluate(parse_expression('strcat("a"; "b")', compat=True)) == "ab"


def test_quote() -> None:
    text = 'a "b" \\ \n é \x01'
    assert value(quote(text)) == text


# -- what an expression reads


def test_references() -> None:
    own, other = references(parse_expression("a + my.B > other.C && target.d[e] =?= f(g).h && [i = j].i"))
    assert own == {"a", "b", "e", "g", "j"}
    assert other == {"c", "d"}
    assert references(parse_expression('eval("x")')) == ({"*"}, {"*"})
    assert "*" in references(parse_expression("size(other)"))[1]
    assert "*" in references(parse_expression("other.other.x"))[0]


def test_conjuncts() -> None:
    terms = conjuncts(parse_expression("a && (b && (c || d)) && !e"))
    assert [unparse(term) for term in terms] == ["a", "b", "(c || d)", "!e"]
    assert len(conjuncts(parse_expression(" && ".join(["x"] * 300)))) == 300
