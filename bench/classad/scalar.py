"""Claim: Requirements and Rank over 10,000 resources, one by one, run at least twice as fast as HTCondor's bindings."""

from __future__ import annotations

import os

os.environ["CONDOR_CONFIG"] = "ONLY_ENV"
os.environ["_CONDOR_STRICT_CLASSAD_EVALUATION"] = "true"

import htcondor2  # noqa: F401, I001 - before classad2: it sets the semantics
import classad2
from market import JOB, job, report, resources, seconds, unparse

from gridwms.classad import evaluate

COUNT = 10_000
ADS = resources(COUNT)
MY = job()
REQUIREMENTS, RANK = MY["Requirements"], MY["Rank"]


def ours() -> int:
    return sum(evaluate(REQUIREMENTS, MY, ad) is True for ad in ADS)


def ours_both() -> int:
    found = 0
    for ad in ADS:
        if evaluate(REQUIREMENTS, MY, ad) is True:
            evaluate(RANK, MY, ad)
            found += 1
    return found


def ours_always() -> int:
    found = 0
    for ad in ADS:
        found += evaluate(REQUIREMENTS, MY, ad) is True
        evaluate(RANK, MY, ad)
    return found


THEIR_ADS = [classad2.ClassAd(unparse(ad)) for ad in ADS]
THEIR_JOB = classad2.ClassAd(JOB)
THEIR_REQUIREMENTS = THEIR_JOB.lookup("Requirements")
THEIR_RANK = THEIR_JOB.lookup("Rank")


def theirs() -> int:
    return sum(THEIR_REQUIREMENTS.eval(THEIR_JOB, ad) is True for ad in THEIR_ADS)


def theirs_always() -> int:
    found = 0
    for ad in THEIR_ADS:
        found += THEIR_REQUIREMENTS.eval(THEIR_JOB, ad) is True
        THEIR_RANK.eval(THEIR_JOB, ad)
    return found


matched = ours()
assert matched == theirs() == ours_both() == ours_always() == theirs_always(), "both must find the same resources"
own, own_always, bindings, bindings_always = (
    seconds(ours),
    seconds(ours_always),
    seconds(theirs),
    seconds(theirs_always),
)
report("Requirements over all resources", own * 1e3, "ms", COUNT)
report("Requirements over all resources, bindings", bindings * 1e3, "ms", COUNT)
report("Requirements: times faster than the bindings", bindings / own, "x", COUNT)
report("Requirements and Rank over all resources", own_always * 1e3, "ms", COUNT)
report("Requirements and Rank over all resources, bindings", bindings_always * 1e3, "ms", COUNT)
report("Requirements and Rank: times faster than the bindings", bindings_always / own_always, "x", COUNT)
