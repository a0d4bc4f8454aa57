"""Coverage-guided fuzzing of the language: `tools/fuzz SECONDS`. Any text gets a value or a syntax error, soon.

The first byte of an input chooses what is done with the rest. A finding is written to `fuzz-findings/`; add its text to
`tests/classad/test_hostile.py` and mend what it found.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable

import atheris

with atheris.instrument_imports(include=["gridwms.classad"]):
    from gridwms.classad import ClassAdSyntaxError, flatten, parse_ad, parse_ad_tolerant, parse_expression, unparse
    from gridwms.classad.columns import ColumnStore, Matcher
    from gridwms.classad.conformance import evaluate, match

MY = '[a = 1; b = a + 1; s = "Hello"; l = {1, "a", undefined}; n = [p = 5; q = a]; u = undefined; e = error]'
OTHER = '[x = 42; y = "target"; s = "HELLO"; l = {"x", "a", 3}; requirements = target.a == 1; rank = -x]'
STORE = ColumnStore.build({str(n): parse_ad(f'[x = {n}; s = "s{n % 3}"; l = {{{n}, "a"}}]') for n in range(20)})
SECONDS = 2.0
"""Twice what is promised: the instrumented code is slow."""


def columns(text: str) -> None:
    tree = parse_expression(text)
    Matcher(parse_ad("[a = 1]").with_({"requirements": tree, "rank": tree})).match(STORE)


def round_trip(text: str) -> None:
    printed = unparse(parse_expression(text))
    assert evaluate(printed, MY, OTHER) == evaluate(text, MY, OTHER) or "random" in text or "ime" in text, printed


DEEDS: tuple[Callable[[str], object], ...] = (
    lambda text: evaluate(text, MY, OTHER),
    lambda text: evaluate(text, MY, OTHER, "compat"),
    lambda text: evaluate("a", text, OTHER),
    lambda text: match(text, OTHER),
    lambda text: parse_ad_tolerant(text, jdl=True),
    lambda text: flatten(parse_expression(text), parse_ad(MY)),
    columns,
    round_trip,
)


def one_input(data: bytes) -> None:
    if not data:
        return
    text = data[1:].decode("utf-8", "replace")
    began = time.process_time()
    with contextlib.suppress(ClassAdSyntaxError):
        DEEDS[data[0] % len(DEEDS)](text)
    took = time.process_time() - began
    assert took < SECONDS, f"{took:.1f} s"


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
