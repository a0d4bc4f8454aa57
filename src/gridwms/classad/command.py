"""What stands behind `gridwms classad eval` and `gridwms classad check`: texts in, plain answers out."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.classad.ad import ClassAd
from gridwms.classad.conformance import Json, canonical_value
from gridwms.classad.evaluate import Mode, evaluate
from gridwms.classad.functions.registry import BUILDERS, FUNCTIONS
from gridwms.classad.parser import parse_ad, parse_ad_tolerant, parse_expression
from gridwms.classad.references import walk
from gridwms.classad.syntax_error import ClassAdSyntaxError
from gridwms.classad.text import fold
from gridwms.classad.tree import Call
from gridwms.classad.unparse import as_text
from gridwms.classad.values import Value


@dataclass(frozen=True, slots=True)
class EvalResult:
    """`text` is the value as the language writes it, `json` the canonical value, `problem` why there is none."""

    text: str
    json: list[Json]
    problem: str = ""
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


def eval_text(
    expr: str, my_text: str | None = None, target_text: str | None = None, mode: Mode = "strict"
) -> EvalResult:
    """Evaluate an expression as if it stood in the ad `my_text`, matched against `target_text`.

    The ads may be written as job descriptions are: without brackets, with lines of `#`.
    """
    ads: list[ClassAd | None] = []
    try:
        tree = parse_expression(expr, compat=mode == "compat")
    except ClassAdSyntaxError as problem:
        return EvalResult("", ["parse_error"], f"the expression, {problem}")
    for name, text in (("the own ad", my_text), ("the target ad", target_text)):
        try:
            ads.append(None if text is None else parse_ad(text, jdl=True, compat=mode == "compat"))
        except ClassAdSyntaxError as problem:
            return EvalResult("", ["parse_error"], f"{name}, {problem}")
    value = evaluate(tree, ads[0], ads[1], mode=mode)
    return EvalResult(as_text(value), canonical_value(value), value=value)


def check_text(text: str) -> list[Problem]:
    """Everything that is wrong in the text of an ad: the syntax, and functions that there are none of."""
    ad, mistakes = parse_ad_tolerant(text, jdl=True)
    problems = [Problem(mistake.line, mistake.column, mistake.message) for mistake in mistakes]
    for node in walk(ad):
        if not isinstance(node, Call):
            continue
        name, count = fold(node.name), len(node.arguments)
        known = FUNCTIONS.get(name)
        if known is None and name not in BUILDERS:
            problems.append(Problem(node.line, node.column, f"there is no function {node.name}; its value is ERROR"))
        elif known is not None and not known.minimum <= count <= known.maximum:
            wanted = str(known.minimum) if known.minimum == known.maximum else f"{known.minimum} to {known.maximum}"
            noun = "argument" if wanted == "1" else "arguments"
            message = f"{node.name} takes {wanted} {noun}, not {count}; its value is ERROR"
            problems.append(Problem(node.line, node.column, message))
    return sorted(problems, key=lambda problem: (problem.line, problem.column))
