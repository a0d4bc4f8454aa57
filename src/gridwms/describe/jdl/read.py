"""JDL text to a checked description or compound. Every check runs, so that all problems are told at once."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gridwms.classad import ClassAd, parse_ad_tolerant
from gridwms.describe.compound import Compound
from gridwms.describe.description import Description
from gridwms.describe.jdl.attributes import ATTRIBUTES
from gridwms.describe.jdl.compounds import read_compound
from gridwms.describe.jdl.defaults import STORED, JdlDefaults
from gridwms.describe.jdl.draft import MAX_PROBLEMS, Draft
from gridwms.describe.jdl.duplicates import check_duplicates
from gridwms.describe.jdl.kinds import kind_of
from gridwms.describe.jdl.node_text import lift
from gridwms.describe.jdl.parameters import lift_values
from gridwms.describe.jdl.single import describe
from gridwms.describe.jdl.syntax import syntax_problem
from gridwms.describe.jdl.text import decode, has_too_many_tokens
from gridwms.describe.problem import Problem, Severity

_LARGE = re.compile(rb"\b(?:nodes|parameters)\s*=", re.IGNORECASE)
_EDGE_TOKENS = 6
"""Words and signs that an edge between two nodes takes: { a , b } ,"""

MAX_ATTRIBUTES = 10_000


@dataclass(frozen=True, slots=True)
class JdlReading:
    """What was read: a single job, or a compound; neither of them exactly when a problem is an error.

    Problems are in the order of the text.
    """

    description: Description | None
    problems: tuple[Problem, ...]
    compound: Compound | None = None

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity is Severity.WARNING)


def read_jdl(text: bytes | str, defaults: JdlDefaults, *, now: float) -> JdlReading:
    """Read and check one JDL text.

    `now`: seconds since the epoch, compared with ExpiryTime; when an accepted text is read again later, pass the
    time at which it was accepted. Never raises, whatever the text.
    """
    wide = _mentions_compound(text)
    decoded, unreadable = decode(text, max(defaults.max_bytes, defaults.max_compound_bytes if wide else 0))
    lifted = lift(decoded)
    values = lift_values(lifted.text) if lifted.nodes is None else None
    rest = values.text if values else lifted.text
    taken = values.taken if values else lifted.taken
    if not unreadable and lifted.nodes is None and (len(rest) - taken) * 4 > defaults.max_bytes:
        _, unreadable = decode(text[:-taken] if taken else text, defaults.max_bytes)
    if unreadable:
        return JdlReading(None, (unreadable,))
    if not decoded.strip():
        return JdlReading(None, (_plain("empty", "the text is empty; accepted: a JDL, such as Executable = ..."),))
    limit = defaults.max_tokens + (0 if lifted.nodes is None else _EDGE_TOKENS * defaults.max_edges)
    if has_too_many_tokens(rest, limit):
        sentence = f"the text has more than {limit:,} words and signs; accepted: at most so many"
        return JdlReading(None, (_plain("too_large", sentence),))
    try:
        ad, wrong = parse_ad_tolerant(rest, jdl=True, limit=limit + 1)
    except RecursionError:
        return JdlReading(
            None, (_plain("syntax", "the nesting of brackets is too deep; accepted: a few hundred levels"),)
        )
    draft = Draft(ad=ad, defaults=defaults, now=now)
    draft.problems.extend(syntax_problem(error, rest) for error in wrong[:MAX_PROBLEMS])
    draft.dropped = max(0, len(wrong) - MAX_PROBLEMS)
    draft.refused = bool(wrong)
    if len(ad) > MAX_ATTRIBUTES:
        text_of = f"found {len(ad):,} attributes; accepted: at most {MAX_ATTRIBUTES:,}"
        return JdlReading(None, (*draft.problems, _plain("too_many", text_of)))
    if wrong:
        draft.bad.update(_damaged(rest, ad))
    else:
        check_duplicates(draft, rest)
    kind = kind_of(draft)
    if kind is not None:
        compound = None if wrong and not ad else read_compound(draft, kind, decoded, lifted.nodes, values)
        return JdlReading(None, _in_order(draft), None if draft.refused else compound)
    description = None if wrong and not ad else describe(draft)
    return JdlReading(None if draft.refused else description, _in_order(draft))


def read_stored(text: str) -> Description | None:
    """The description that `write_jdl` wrote; None when the text is no longer one. Nothing is added or limited."""
    return read_jdl(text, STORED, now=0.0).description


def _mentions_compound(text: bytes | str) -> bool:
    """Whether it may be one that is allowed to be large."""
    found = _LARGE.search(text) if isinstance(text, bytes) else _LARGE.search(text.encode("utf-8", "replace"))
    return found is not None


def _damaged(text: str, ad: ClassAd) -> set[str]:
    """Known attributes that the text seems to set, but that did not survive a syntax error: nothing is said of them."""
    seen = {name.lower() for name in re.findall(r"\b([A-Za-z_]\w*+)\s*+=(?!=)", text)}
    return {name for name in seen if name in ATTRIBUTES and name not in ad}


def _plain(code: str, message: str) -> Problem:
    return Problem(severity=Severity.ERROR, code=code, message=message)


def _in_order(draft: Draft) -> tuple[Problem, ...]:
    problems = sorted(
        draft.problems, key=lambda problem: (problem.line, problem.column) if problem.line else (1 << 30, 0)
    )
    if draft.dropped:
        more = f"{draft.dropped} more problems are not listed; correct these first"
        severity = Severity.ERROR if draft.refused else Severity.WARNING
        problems.append(Problem(severity=severity, code="too_many", message=more))
    return tuple(problems)
