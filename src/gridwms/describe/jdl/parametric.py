"""Parametric jobs: one template, checked with those values that stand for all (gLite reference §1.4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from gridwms.classad import (
    Call,
    ClassAd,
    ListExpression,
    Literal,
    Reference,
    evaluate_attribute,
    parse_ad,
    quote,
    unparse,
)
from gridwms.classad.references import walk
from gridwms.describe.compound import PLACEHOLDER, Compound, CompoundKind, Node, Template, node_text
from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.families import kind, number
from gridwms.describe.jdl.inputs import Trouble
from gridwms.describe.jdl.nodes import Nodes, varies_in_matching
from gridwms.describe.jdl.parameters import LiftedValues, node_names, read_parameters
from gridwms.describe.jdl.parent import compound_of
from gridwms.describe.jdl.shared_files import SharedFiles
from gridwms.describe.jdl.values import read_values
from gridwms.describe.problem import Problem

_SWEEP = ("Parameters", "ParameterStart", "ParameterStep")
_PARENTS = ("NodesCollocation", "max_running_nodes")
_OF_PARENT = (*_PARENTS, "VirtualOrganisation", "HLRLocation", "MyProxyServer", "LBAddress", "UserTags", "ExpiryTime")
_COUNTED = ("RetryCount", "ShallowRetryCount", "ExpiryTime")
_MOST_WORDS = 1_000
"""So many different words may stand where _PARAM_ is no part of a string: each of them is tried."""


def read_parametric(parent: Draft, text: str, lifted: LiftedValues | None) -> Compound | None:
    """The compound; None when something is wrong with it."""
    whole = parent.ad
    values = read_parameters(parent, lifted)
    names = node_names(parent, values)
    sweep = values or ["0"]
    written = [quote(value)[1:-1] for value in sweep]
    samples = _samples(parent, whole, sweep, written)
    parent.ad = ClassAd(
        ((name, whole[name]) for name in _OF_PARENT if name in whole),
        places={name.lower(): whole.position(name) for name in _OF_PARENT if name in whole},
    )
    read_values(parent)
    if PLACEHOLDER in parent.text("VirtualOrganisation"):
        parent.error("bad_value", "VirtualOrganisation", f"cannot differ from node to node ({PLACEHOLDER})")
    nothing = Draft(ad=ClassAd(), defaults=parent.defaults, now=parent.now)
    nodes = Nodes(parent, SharedFiles(nothing), partial(_job, PLACEHOLDER))
    for at in samples:
        nodes.prepare = partial(_job, sweep[at])
        label = f"{names[at]} (and {len(names) - 1:,} more)" if len(names) > 1 else "".join(names)
        nodes.check(text.replace(PLACEHOLDER, written[at]), label, _no_output, _Moved(text, written[at]))
    nodes.prepare = partial(_job, PLACEHOLDER)
    ad = nodes.template(text, _no_output, lambda path: PLACEHOLDER in path)
    if parent.refused or ad is None:
        return None
    form = unparse(ad)
    matching_varies = varies_in_matching(ad, lambda piece: PLACEHOLDER in piece)
    if any(name in ad and PLACEHOLDER in unparse(ad[name]) for name in _COUNTED):
        # What the service notes of a job when it takes it in differs: such nodes cannot share a template.
        templates = [Template(jdl=node_text(form, value)) for value in written]
        made = [Node(name, at, "") for at, name in enumerate(names)]
    else:
        templates = [Template(jdl=form, varies=True, matching_varies=matching_varies)]
        made = [Node(name, 0, value) for name, value in zip(names, written, strict=True)]
    own = parse_ad(node_text(form, written[0]), limit=parent.defaults.max_tokens + 10_000)
    own = own.without(("InputSandbox", "InputSandboxDestFileName"))
    own = own.with_({name: whole[name] for name in ("JobType", *_PARENTS) if name in whole})
    found = compound_of(parent, CompoundKind.PARAMETRIC, templates, made, nodes.shared, ad=own)
    tags = tuple((name, value) for name, value in found.user_tags if PLACEHOLDER not in name + value)
    return None if parent.refused else replace(found, user_tags=tags)


def _no_output(node: str, index: int) -> tuple[str, str]:
    raise Trouble("unknown_node", "a parametric job has no other nodes to take files from", "files of your own")


def _job(value: str, ad: ClassAd, draft: Draft) -> ClassAd:
    """The ad of one node: no longer parametric, and its value in its environment."""
    job = ad.without((*_SWEEP, *_PARENTS))
    if "JobType" in job:
        given = evaluate_attribute(job, "JobType")
        kinds = given if isinstance(given, tuple) else (given,)
        rest = tuple(kind for kind in kinds if isinstance(kind, str) and kind.lower() != "parametric")
        job = job.with_(JobType=rest) if rest else job.without(("JobType",))
    environment = job.get("Environment")
    items = environment.items if isinstance(environment, ListExpression) else (environment,)
    if any(isinstance(each, Literal) and str(each.value).startswith("ParameterValue=") for each in items):
        return job
    own = Literal(f"ParameterValue={value}")
    given_items = tuple(each for each in items if each is not None)
    at = (environment.line, environment.column) if environment is not None else (0, 0)
    return job.with_(Environment=ListExpression((*given_items, own), *at))


def _samples(parent: Draft, ad: ClassAd, values: Sequence[str], written: Sequence[str]) -> list[int]:
    """Numbers of values that stand for all: one of each kind, and those that make strings of the job equal."""
    chosen: dict[object, int] = {"first": 0, "last": len(values) - 1}
    for at, value in enumerate(values):
        chosen.setdefault(kind(value), at)
    if _is_bare(ad):
        _add_bare(parent, values, written, chosen)
    wanted = _colliding({each for each in strings_of(ad) if PLACEHOLDER in each}, strings_of(ad), values)
    if wanted:
        for at, value in enumerate(values):
            if value in wanted:
                chosen[f"value {value}"] = at
    return sorted(set(chosen.values()))


def _add_bare(parent: Draft, values: Sequence[str], written: Sequence[str], chosen: dict[object, int]) -> None:
    """For a placeholder that is no part of a string: the least and the greatest number, and each word."""
    numbers = [(found, at) for at, value in enumerate(values) if (found := number(value)) is not None]
    if numbers:
        chosen["least"], chosen["greatest"] = min(numbers)[1], max(numbers)[1]
    words = {value: at for at, value in enumerate(values) if number(value) is None}
    for at, value in enumerate(values):
        if value != written[at]:
            what = f"{shown(value)} cannot stand where {PLACEHOLDER} is no part of a string"
            parent.error("bad_value", "Parameters", what, found=value, accepted="numbers and words")
            return
    if len(words) > _MOST_WORDS:
        what = f"there are {len(words):,} words, and {PLACEHOLDER} stands where it is no part of a string"
        parent.error("too_many", "Parameters", what, accepted=f"at most {_MOST_WORDS:,} words there, or numbers")
        return
    chosen.update((f"value {value}", at) for value, at in words.items())


def strings_of(ad: ClassAd) -> set[str]:
    """All strings in an ad, and the last parts of those that are paths."""
    found = {node.value for node in walk(ad) if isinstance(node, Literal) and isinstance(node.value, str)}
    return found | {each.rsplit("/", 1)[-1] for each in found}


def _is_bare(ad: ClassAd) -> bool:
    """Whether the placeholder is in a name somewhere."""
    for node in walk(ad):
        if isinstance(node, Reference | Call) and PLACEHOLDER in node.name:
            return True
        if isinstance(node, ClassAd) and any(PLACEHOLDER in name for name in node):
            return True
    return False


def _colliding(patterns: set[str], strings: set[str], values: Sequence[str]) -> set[str]:
    """Values with which one of the patterns becomes equal to another string of the job."""
    found: set[str] = set()
    for pattern in patterns:
        parts = [re.escape(part) for part in pattern.split(PLACEHOLDER)]
        form = re.compile("(.*)".join(parts[:2]) + "".join(rf"\1{part}" for part in parts[2:]), re.DOTALL)
        for text in strings:
            if PLACEHOLDER not in text and (match := form.fullmatch(text)):
                found.add(match[1])
        for other in patterns:
            same_length = other > pattern and len(other) == len(pattern)
            if same_length and other.count(PLACEHOLDER) == len(parts) - 1:
                equal = (v for v in values if pattern.replace(PLACEHOLDER, v) == other.replace(PLACEHOLDER, v))
                found.update(value for value in (next(equal, None),) if value is not None)
    return found


class _Moved:
    """Puts problems of a text in which values have been put where the user's text has them."""

    def __init__(self, text: str, value: str) -> None:
        self._lines = text.split("\n")
        self._value = value

    def __call__(self, problem: Problem) -> Problem:
        if not 0 < problem.line <= len(self._lines):
            return problem
        column, shift = problem.column, len(self._value) - len(PLACEHOLDER)
        for found in re.finditer(PLACEHOLDER, self._lines[problem.line - 1]):
            if found.start() + 1 >= column:
                break
            column -= min(shift, column - found.start() - 1)
        return replace(problem, column=column)
