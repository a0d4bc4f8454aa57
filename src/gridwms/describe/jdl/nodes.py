"""One node of a compound: its ad with all that it inherits, checked; or completed, as a template for many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from gridwms.classad import ClassAd, ClassAdSyntaxError, parse_ad_tolerant, unparse
from gridwms.describe.jdl.cycles import reachable
from gridwms.describe.jdl.data import ATTRIBUTES as DATA
from gridwms.describe.jdl.draft import MAX_PROBLEMS, Draft, Part, shown
from gridwms.describe.jdl.expressions import MATCHED
from gridwms.describe.jdl.shared_files import OutputOf, SharedFiles
from gridwms.describe.jdl.single import completed, describe
from gridwms.describe.jdl.syntax import syntax_problem
from gridwms.describe.problem import Problem

_BESIDE = ("description", "file", "nodename", "node_type")
_MATCHING = (
    *("VirtualOrganisation", "Type", "JobType", "CPUNumber", "SMPGranularity", "HostNumber", "WholeNodes"),
    *DATA,
    *("ShortDeadlineJob", "OutputSE", "SubmitTo", "FuzzyRank", "FuzzyFactor", "fuzzy_factor", "SignificantAttributes"),
)
"""What takes part in matching besides Requirements, Rank and what they read."""

Moved = Callable[[Problem], Problem]


@dataclass(slots=True)
class Nodes:
    """What the nodes of a compound are read with. Problems go to `parent`, each once however many nodes have it."""

    parent: Draft
    shared: SharedFiles
    prepare: Callable[[ClassAd, Draft], ClassAd]
    """Gives a node what it has from its parent."""

    _told: set[tuple[int, int, str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self._told = {_key(problem) for problem in self.parent.problems}

    def check(self, text: str, label: str, output_of: OutputOf, moved: Moved = lambda problem: problem) -> None:
        """Check the text of one node. `moved`: puts a problem where the user's text has it."""
        ad, wrong = _parsed(text)
        draft = self._draft(ad, label)
        draft.problems.extend(syntax_problem(error, text) for error in wrong[:MAX_PROBLEMS])
        draft.refused = bool(wrong)
        if not wrong and (inner := unwrapped(draft)) is not None:
            draft.ad = inner
            draft.ad = self.shared.resolve(self.prepare(inner, draft), draft, output_of, lambda path: True)
            describe(draft)
        self._report(draft, moved)

    def template(self, text: str, output_of: OutputOf, keep: Callable[[str], bool]) -> ClassAd | None:
        """The completed ad of a text, whatever is wrong with it; None when it cannot be understood at all."""
        ad, wrong = _parsed(text)
        draft = self._draft(ad, "")
        inner = None if wrong else unwrapped(draft)
        if inner is None:
            return None
        draft.ad = self.shared.resolve(self.prepare(inner, draft), draft, output_of, keep)
        return completed(draft)

    def _draft(self, ad: ClassAd, label: str) -> Draft:
        defaults = replace(self.parent.defaults, stored=True)
        return Draft(ad=ad, defaults=defaults, now=self.parent.now, part=Part.NODE, node=label)

    def _report(self, draft: Draft, moved: Moved) -> None:
        for problem in map(moved, draft.problems):
            if problem.line and _key(problem) in self._told:
                continue
            self._told.add(_key(problem))
            if len(self.parent.problems) < MAX_PROBLEMS:
                self.parent.problems.append(problem)
            else:
                self.parent.dropped += 1
        self.parent.dropped += draft.dropped
        self.parent.refused = self.parent.refused or draft.refused


def unwrapped(draft: Draft) -> ClassAd | None:
    """The ad of the job itself, which may stand in Description; None, and an error, when there is none."""
    ad = draft.ad
    if "Description" not in ad:
        if "File" in ad:
            what = f"the file {shown(ad['File'])} has not been read into it"
            draft.error("node_file", "File", what, accepted="Description = [ ... ]; 'gridwms submit' reads such files")
            return None
        return ad
    inner = ad["Description"]
    if not isinstance(inner, ClassAd):
        draft.error("wrong_type", "Description", f"found {shown(inner)}", accepted="an ad: [ name = value; ... ]")
        return None
    for name in ad:
        if name.lower() not in _BESIDE:
            draft.warning("no_effect", name, "has no effect beside Description; write it inside")
    return inner


def varies_in_matching(ad: ClassAd, has_mark: Callable[[str], bool]) -> bool:
    """Whether what nodes differ in (told by `has_mark`) is in anything that matching looks at."""
    names = {*reachable(ad, MATCHED), *(name.lower() for name in _MATCHING if name in ad)}
    return any(has_mark(unparse(ad[name])) for name in names)


def _key(problem: Problem) -> tuple[int, int, str, str]:
    return problem.line, problem.column, problem.code, problem.attribute.lower()


def _parsed(text: str) -> tuple[ClassAd, list[ClassAdSyntaxError]]:
    try:
        return parse_ad_tolerant(text, jdl=True)
    except RecursionError:
        return ClassAd(), [ClassAdSyntaxError(1, 1, "", "at most 500 levels", "the nesting is too deep")]
