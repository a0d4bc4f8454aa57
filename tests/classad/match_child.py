"""HTCondor's library on pairs of job and resource; a program of its own, as `oracle_child`."""

import json
import os
import sys

os.environ["CONDOR_CONFIG"] = "ONLY_ENV"
os.environ["_CONDOR_STRICT_CLASSAD_EVALUATION"] = "true"

import classad2
import htcondor2  # noqa: F401
from oracle_child_values import plain

answers = []
for job_text, ce_text in json.load(sys.stdin):
    job, ce = classad2.ClassAd(job_text), classad2.ClassAd(ce_text)

    def value(ad, name, other):
        # An expression stands in a new context, so the attribute's own is taken.
        return plain(ad.lookup(name).eval(ad, other)) if name in ad else ["undefined"]

    answers.append(
        {
            "match": job.symmetricMatch(ce),
            "job_requirements": value(job, "requirements", ce),
            "ce_requirements": value(ce, "requirements", job),
            "job_rank": value(job, "rank", ce),
            "ce_rank": value(ce, "rank", job),
        }
    )
json.dump(answers, sys.stdout)
