"""A class of waiting jobs as matching needs it, read off its ad."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.classad import ClassAd, evaluate_attribute, parse_ad
from gridwms.describe.data import DataSet
from gridwms.describe.jdl.data import data_of
from gridwms.flow.compound.together import TOGETHER


@dataclass(frozen=True, slots=True)
class MatchClass:
    """`slots`: how many a job of it takes. `fuzzy_factor`: the steepness of the stochastic choice; None when the best
    place is wanted."""

    ad: ClassAd
    submit_to: str
    fuzzy_factor: float | None
    slots: int
    together: str
    data: DataSet | None


def read_class(text: str) -> MatchClass:
    """The class of an ad. Raises ClassAdSyntaxError."""
    ad = parse_ad(text)
    return MatchClass(ad, _text(ad, "SubmitTo"), _fuzzy_factor(ad), _slots_of(ad), _text(ad, TOGETHER), data_of(ad))


def _slots_of(ad: ClassAd) -> int:
    """How many slots a job of this class takes: its processors."""
    for name in ("CPUNumber", "NodeNumber"):
        value = evaluate_attribute(ad, name)
        if isinstance(value, int):
            return value
    return 1


def _text(ad: ClassAd, name: str) -> str:
    value = evaluate_attribute(ad, name)
    return value if isinstance(value, str) else ""


def _fuzzy_factor(ad: ClassAd) -> float | None:
    if evaluate_attribute(ad, "FuzzyRank") is not True:
        return None
    for name in ("FuzzyFactor", "fuzzy_factor"):
        value = evaluate_attribute(ad, name)
        if isinstance(value, int | float):
            return float(value)
    return 1.0
