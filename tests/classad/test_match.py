# ruff: noqa: E501 - tables are easier to read with one case a line
"""Jobs against GLUE resources: the verdicts of the library and ours."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

from gridwms.classad import conformance

CHILD = Path(__file__).with_name("match_child.py")


class Market:
    """Random jobs and resources with what sites really published, gaps and wrong types included."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def resource(self) -> str:
        parts = {
            "GlueCEUniqueID": f'"ce{self.random.randint(1, 9)}.{self.pick("cern.ch", "infn.it")}:8443/cream-{self.pick("pbs", "lsf")}-cms"',
            "GlueCEStateStatus": self.pick('"Production"', '"production"', '"Draining"', "undefined"),
            "GlueCEPolicyMaxWallClockTime": self.pick("1440", "2880", '"2880"', "999999999", "error"),
            "GlueCEStateFreeCPUs": str(self.random.randint(0, 9)),
            "GlueCEStateEstimatedResponseTime": self.pick("0", "17", "5.5", "2146660842", '"17"'),
            "GlueCEStateTotalJobs": self.pick("0", "3", "50"),
            "GlueCEPolicyMaxTotalJobs": self.pick("0", "50"),
            "GlueHostApplicationSoftwareRunTimeEnvironment": self.pick(
                '{"VO-cms-A", "MPICH"}', '{"mpich", undefined}', '"MPICH"', "{}"
            ),
            "GlueCEAccessControlBaseRule": self.pick('{"VO:cms"}', '{"VOMS:/cms/Role=production"}', "{}"),
            "GlueHostMainMemoryRAMSize": self.pick("512", "4096"),
            "Requirements": self.pick(
                "true", 'other.VirtualOrganisation == "cms"', "target.CPUNumber <= my.GlueCEStateFreeCPUs", "1", '"x"'
            ),
            "Rank": self.pick("0", "-target.RetryCount", "undefined"),
        }
        names = [name for name in parts if self.random.random() < 0.85]
        return "[" + "; ".join(f"{name} = {parts[name]}" for name in names) + "]"

    def job(self) -> str:
        clauses = [
            'other.GlueCEStateStatus == "Production"', "other.GlueCEPolicyMaxWallClockTime >= 1000 * 2",
            'Member("MPICH", other.GlueHostApplicationSoftwareRunTimeEnvironment)', 'RegExp(".*cern.*", other.GlueCEUniqueID)',
            '!RegExp("pbs", other.GlueCEUniqueID)', 'RegExp("CERN", other.GlueCEUniqueID, "i")', "other.GlueHostMainMemoryRAMSize > mem",
            "(other.GlueCEPolicyMaxTotalJobs == 0 || other.GlueCEStateTotalJobs < other.GlueCEPolicyMaxTotalJobs)",
            'ShortDeadlineJob =?= TRUE ? RegExp(".*sdj$", other.GlueCEUniqueID) : !RegExp(".*sdj$", other.GlueCEUniqueID)',
            'Member(strcat("VO:", VirtualOrganisation), other.GlueCEAccessControlBaseRule)', "!(other.GlueCEStateFreeCPUs < CPUNumber)",
            "isUndefined(other.GlueCEPolicyMaxWallClockTime) || other.GlueCEPolicyMaxWallClockTime > 100", "GlueCEStateFreeCPUs > 0",
            "other.GlueCEStateFreeCPUs", "target.Rank =!= undefined", "other.requirements",
        ]  # fmt: skip
        terms = self.random.sample(clauses, self.random.randint(1, 4))
        glue = self.pick(" && ", " && ", " && ", " || ")
        rank = self.pick("-other.GlueCEStateEstimatedResponseTime", "other.GlueCEStateFreeCPUs * 2.5",
                         "(other.GlueCEStateFreeCPUs > 3 ? 10 : other.GlueCEStateTotalJobs)", "other.Missing")  # fmt: skip
        mem = self.pick("1024", "my.CPUNumber * 600", "undefined")
        return (
            f'[VirtualOrganisation = "cms"; CPUNumber = {self.random.randint(1, 4)}; RetryCount = 3; mem = {mem};'
            f" requirements = {glue.join(f'({term})' for term in terms)}; Rank = {rank}]"
        )


def test_match_cases() -> None:
    cases = []
    for seed in range(40):
        market = Market(seed)
        cases += [(market.job(), market.resource()) for _ in range(75)]
    child = subprocess.run(
        [sys.executable, str(CHILD)], input=json.dumps(cases), capture_output=True, text=True, check=True
    )
    answers = json.loads(child.stdout)
    matched = 0
    for (job, ce), theirs in zip(cases, answers, strict=True):
        ours = conformance.match(job, ce)
        assert ours == theirs, (job, ce)
        matched += ours["match"] is True
    assert 100 < matched < len(cases) / 2, "the cases must tell matching from not matching"


def test_bad_text_is_a_parse_error() -> None:
    assert conformance.match("[a = ", "[]")["match"] == ["parse_error"]
    assert conformance.evaluate("1 +", None, None) == ["parse_error"]
    assert conformance.evaluate("1", "[a = ;]", None) == ["parse_error"]
