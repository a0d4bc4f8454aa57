# ruff: noqa: E501 - tables are easier to read with one case a line
"""The column engine gives what the scalar evaluator gives, on every row, UNDEFINED and ERROR included."""

from __future__ import annotations

import random

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.classad import UNDEFINED, ClassAd, Literal, evaluate, evaluate_attribute, parse_ad, parse_expression
from gridwms.classad.columns import ColumnStore, Condition, Matcher, Rank, mask_of
from gridwms.classad.columns.pull import PullIndex

VALUES = [
    "1", "2", "0", "-1", "2880", "9223372036854775807", "-9223372036854775808", "9007199254740993", "1.0", "1.5", "0.0", "-0.0",
    "2.0", "1e308", "-1e400", "true", "false", '"a"', '"A"', '"abc.cern.ch:8443/cream-pbs"', '"2880"', '""', '"x\\ny"', '"é"',
    "undefined", "error", '{"a","b"}', '{"A", 1, undefined}', "{}", '{"VO-cms-1","x"}', "{1, 2.0, true}", "other.q", "x + 1", "y",
    "[z = 1]", 'absTime("2020-01-01T00:00:00Z")', "other.missing", "{x}", "y == 1", "strcat(s, \"t\")",
    '{[s = 1; z = "a"], [s = 5]}', "{[s = x], [s = other.q; z = true], 3}", "[z = x; l = {[s = 2; t = parent.y]}]", "[s = other.q]",
    '{[s = "a"], undefined}', '{"/cms/Role=a", "VOMS:/cms/*"}', '"a, b ,2"', "{error, [s = 1]}",
]  # fmt: skip
NAMES = ["x", "y", "s", "l", "m", "n"]
CONSTANTS = [
    "1",
    "2",
    "0",
    "1.0",
    "1.5",
    "-0.0",
    "true",
    "false",
    '"a"',
    '"2880"',
    '"é"',
    "undefined",
    "error",
    "q",
    "9007199254740993",
]
PATTERNS = ['".*cern.ch.*"', '"^a"', '"a$"', '"a"', '""', '"A"', '"[ab]"', '"x.y"', '"8443/cream-pbs"', '"("', '"c*"']
OPTIONS = ['"i"', '""', '"m"']
JOB = parse_ad('[q = 2; w = "a"; t = q + 1; VO = "cms"; big = other.x; n2 = [k = other.x]]')


class Conditions:
    """Random conditions over the attributes of the other side."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, choices: list[str]) -> str:
        return self.random.choice(choices)

    def name(self) -> str:
        return self.pick(["other.", "target.", "OTHER."]) + self.pick([*NAMES, "missing"])

    def number(self, depth: int) -> str:
        chance = self.random.random()
        if depth <= 0 or chance < 0.3:
            return self.name() if chance < 0.22 else self.pick(CONSTANTS)
        if chance < 0.75:
            return f"({self.number(depth - 1)} {self.pick(['+', '-', '*', '/', '%'])} {self.number(depth - 1)})"
        if chance < 0.85:
            return f"-({self.number(depth - 1)})"
        return f"({self.condition(depth - 1)} ? {self.number(depth - 1)} : {self.number(depth - 1)})"

    def leaf(self) -> str:
        operator = self.pick(["<", "<=", ">", ">=", "==", "!=", "=?=", "=!="])
        return self.pick([
            f"{self.name()} {operator} {self.pick(CONSTANTS)}",
            f"{self.pick(CONSTANTS)} {operator} {self.name()}",
            f"{self.name()} {operator} {self.name()}",
            f"{self.number(2)} {operator} {self.number(1)}",
            f"member({self.pick(CONSTANTS)}, {self.name()})",
            f"member({self.name()}, {self.name()})",
            f"regexp({self.pick(PATTERNS)}, {self.name()})",
            f"!regexp({self.pick(PATTERNS)}, {self.name()}, {self.pick(OPTIONS)})",
            f"isUndefined({self.name()})",
            f"isError({self.name()} + 1)",
            f"size({self.name()}) > 1",
            self.name(),
            self.pick(CONSTANTS),
            f"strcat({self.name()}, w) == \"aa\"",
            f"big {operator} {self.name()}",
            f"n2.k {operator} 1",
            f"other.l[0] {operator} \"a\"",
            "time() > 5",
            f"eval(\"other.x\") {operator} 1",
            "other.other.q == 2",
            f"{self.pick(['anyMatch', 'allMatch'])}({self.name()}, {self.gang()})",
            f"size(whichMatch({self.name()}, {self.gang()})) {operator} 1",
            f"whichMatch({self.name()}, {self.gang()}).s =?= {{1}}",
            f"{self.name()}.{self.pick(['z', 's', 'x', 'missing'])} {operator} {self.pick(CONSTANTS)}",
            f"{self.name()}.l[0].{self.pick(['s', 't'])} {operator} 2",
            f"fqanMember(\"VOMS:/cms/Role=a\", {self.name()})",
            f"stringListMember({self.pick(['w', 'other.s'])}, {self.name()})",
            f"countMatches(target.s > 1, {self.name()}) {operator} 1",
            f"ifThenElse({self.name()} > 1, {self.name()} == 2, {self.name()})",
        ])  # fmt: skip

    def gang(self) -> str:
        """What is asked of each ad in a list."""
        return self.pick([
            "target.s > 1", "other.s == q", "target.z is undefined", "target.s > my.q || target.z", "target.s", "target.t == 1",
            "target.s / 0 > 1", "parent.q == 2", "target.z && target.s >= 2",
        ])  # fmt: skip

    def condition(self, depth: int) -> str:
        chance = self.random.random()
        if depth <= 0 or chance < 0.25:
            return self.leaf()
        if chance < 0.55:
            return f"({self.condition(depth - 1)} && {self.condition(depth - 1)})"
        if chance < 0.75:
            return f"({self.condition(depth - 1)} || {self.condition(depth - 1)})"
        if chance < 0.88:
            return f"!({self.condition(depth - 1)})"
        if chance < 0.94:
            return f"(({self.condition(depth - 1)}) ? ({self.condition(depth - 1)}) : ({self.condition(depth - 1)}))"
        return f"(({self.condition(depth - 1)}) ?: ({self.condition(depth - 1)}))"

    def ad(self) -> ClassAd:
        names = self.random.sample(NAMES, self.random.randint(0, len(NAMES)))
        return parse_ad("[" + "; ".join(f"{name} = {self.pick(VALUES)}" for name in names) + "]")

    def store(self, count: int) -> ColumnStore:
        return ColumnStore.build((str(row), self.ad()) for row in range(count))


def expected_code(value: object) -> int:
    """1 TRUE, 2 FALSE, 3 ERROR, 0 UNDEFINED."""
    if value is UNDEFINED:
        return 0
    if isinstance(value, bool | int | float):
        return 1 if value else 2
    return 3


def codes_of(condition: Condition, store: ColumnStore) -> list[int]:
    planes = condition.planes(store)
    codes = numpy.zeros(store.count, dtype=int)
    for code, bits in enumerate(planes, start=1):
        codes[mask_of(bits, store.count)] += code
    return codes.tolist()


def check_rows(store: ColumnStore, text: str) -> None:
    expr = parse_expression(text)
    condition = Condition.of(expr, JOB)
    found = codes_of(condition, store)
    true = mask_of(condition.true_rows(store), store.count).tolist()
    for row, ad in enumerate(store.ads):
        if ad is None:
            assert found[row] == 0 and not true[row]
            continue
        wanted = expected_code(evaluate(expr, JOB, ad))
        assert found[row] == wanted, (text, dict(ad), evaluate(expr, JOB, ad))
        assert true[row] == (wanted == 1), (text, dict(ad))


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_planes_equal_the_scalar_evaluator(seed: int) -> None:
    make = Conditions(seed)
    store = make.store(60)
    for _ in range(25):
        check_rows(store, make.condition(make.random.randint(0, 3)))


@given(st.integers(0, 2**32))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_an_updated_snapshot_equals_a_new_one(seed: int) -> None:
    make = Conditions(seed)
    store = make.store(50)
    texts = [make.condition(2) for _ in range(8)]
    for _ in range(4):
        for text in texts:
            check_rows(store, text)
        changes: dict[str, ClassAd | None] = {
            str(make.random.randint(0, 70)): make.pick([make.ad(), make.ad(), None])
            for _ in range(6)  # type: ignore[list-item]
        }
        before = store, [codes_of(Condition.of(parse_expression(text), JOB), store) for text in texts]
        store = store.updated(changes)
        after = [codes_of(Condition.of(parse_expression(text), JOB), before[0]) for text in texts]
        assert after == before[1], "an older snapshot must not change"


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_ranks_equal_the_scalar_evaluator(seed: int) -> None:
    make = Conditions(seed)
    store = make.store(40)
    for _ in range(15):
        expr = parse_expression(make.number(3))
        values = Rank(expr, JOB).values(store, numpy.arange(store.count)).tolist()
        for row, ad in enumerate(store.ads):
            scalar = evaluate(expr, JOB, ad)
            usable = isinstance(scalar, bool | int | float) and scalar == scalar
            same = values[row] == float(scalar) if usable else values[row] != values[row]  # type: ignore[arg-type]
            assert same, (expr, ad, scalar)


@given(st.integers(0, 2**32))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_pull_finds_the_classes_that_match(seed: int) -> None:
    make = Conditions(seed)
    index = PullIndex()
    jobs = []
    for number in range(40):
        text = " && ".join(make.condition(make.random.choice([0, 0, 1])) for _ in range(make.random.randint(1, 4)))
        job = JOB.with_(requirements=parse_expression(text), rank=parse_expression("other.x"), unread=number)
        jobs.append((job, index.class_of(job)))
    for _ in range(20):
        resource = make.ad()
        wanted = {n for job, n in jobs if expected_code(evaluate_attribute(job, "requirements", resource)) == 1}
        assert set(index.matching(resource).tolist()) == wanted, dict(resource)


def test_pull_takes_the_job_of_the_highest_priority_first() -> None:
    index = PullIndex()
    small = index.class_of(parse_ad("[requirements = other.memory >= 1]"))
    large = index.class_of(parse_ad("[requirements = other.memory >= 8]"))
    index.add(small, "s1", 1.0)
    index.add(small, "s2", 3.0)
    index.add(large, "l1", 2.0)
    index.add(large, "l2", 9.0)
    index.remove("l2")
    resource = parse_ad("[memory = 8]")
    assert [index.pull(resource) for _ in range(4)] == ["s2", "l1", "s1", None]
    index.add(large, "l3")
    assert index.pull(parse_ad("[memory = 4]")) is None
    assert index.pull(resource) == "l3"


def test_jobs_that_differ_in_what_nobody_reads_share_a_class() -> None:
    index = PullIndex()
    one = parse_ad('[mem = 5; name = "a"; requirements = other.memory >= mem]')
    two = parse_ad('[mem = 2 + 3; name = "b"; requirements = other.memory >= mem]')
    three = parse_ad("[mem = 6; requirements = other.memory >= mem]")
    assert index.class_of(one) == index.class_of(two) != index.class_of(three)


def test_matcher_orders_by_rank() -> None:
    store = ColumnStore.build({
        "a": parse_ad("[x = 1; up = true]"), "b": parse_ad("[x = 7; up = true]"), "c": parse_ad("[x = 9; up = false]"),
        "d": parse_ad("[up = true]"), "e": parse_ad("[x = 7; up = true]"),
    })  # fmt: skip
    matcher = Matcher(parse_ad("[requirements = other.up; rank = other.x]"))
    found = matcher.match(store)
    assert store.names(found.ordered().rows) == ["b", "e", "a", "d"]
    assert found.best() == 1
    assert Matcher(parse_ad("[requirements = other.x > 100]")).match(store).best() is None


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 63, 64, 65])
def test_any_number_of_rows(count: int) -> None:
    store = ColumnStore.build((str(row), ClassAd.from_values({"x": row})) for row in range(count))
    condition = Condition.of(parse_expression("other.x >= 1"), ClassAd({"a": Literal(1)}.items()))
    assert condition.true_rows(store).bit_count() == max(count - 1, 0)
