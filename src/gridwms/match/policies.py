"""What the service asks of every match besides the job's own Requirements: conditions with names, which are data.

They read the public attributes of the job (`match.classes.PUBLIC`) and, as `other`, the resource. Each must be true; a
verdict counts what each excludes.
"""

from __future__ import annotations

from collections.abc import Mapping

from gridwms.classad import Expr, parse_expression

DEFAULTS: Mapping[str, str] = {
    # Who may use the resource: rules VO:<vo> and VOMS:<fqan>, and DENY:<fqan> against them. One without rules is open.
    "authorised": (
        "other.GlueCEAccessControlBaseRule is undefined"
        ' || (member(strcat("VO:", VirtualOrganisation), other.GlueCEAccessControlBaseRule) is true'
        ' || fqanMember(strcat("VOMS:", VOMS_FQAN), other.GlueCEAccessControlBaseRule))'
        ' && !fqanMember(strcat("DENY:", VOMS_FQAN), other.GlueCEAccessControlBaseRule)'
    ),
    # gLite bug 44599: 0 stands for no limit.
    "not_full": (
        "((other.GlueCEPolicyMaxTotalJobs ?: 0) == 0"
        " || other.GlueCEStateTotalJobs < other.GlueCEPolicyMaxTotalJobs) =!= false"
    ),
    "short_deadline": (
        'ShortDeadlineJob =?= true ? regexp(".*sdj$", other.GlueCEUniqueID) : !regexp(".*sdj$", other.GlueCEUniqueID)'
    ),
    "output_storage": "OutputSE is undefined || member(OutputSE, other.GlueCESEBindGroupSEUniqueID) is true",
}
"""The rules that sites added to every job by WmsRequirements (gLite reference §2.3), with OutputSE read of the job,
where it stands: gLite read it of the resource, so that it never had an effect."""


INPUT_DATA, MOST_FILES = "input_data", "most_files"
DATA: Mapping[str, str] = {
    # A storage element close to the resource holds a file that the job reads, and offers a protocol that it can use.
    INPUT_DATA: "true",
    # No other resource that meets all else is near more of the files.
    MOST_FILES: "true",
}
"""Of jobs with InputData (gLite reference §2.5; `match.data`): on, or switched off with ""."""


def read_policies(changes: Mapping[str, str]) -> dict[str, Expr]:
    """The defaults with these changes by name: another expression, a further one, or "" for none.

    One of `DATA` that comes out false is switched off.

    Raises ClassAdSyntaxError.
    """
    return {name: parse_expression(text) for name, text in {**DEFAULTS, **DATA, **changes}.items() if text.strip()}
