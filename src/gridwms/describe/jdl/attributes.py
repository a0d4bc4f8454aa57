"""The attributes of JDL, as one table: type, range, and whether gridwms acts on them.

Source of names, types and rules: gLite reference §1.1 and §1.2 (jdl-api-cpp). What needs more than one attribute to
check stands in the neighbouring modules. An attribute that is not in the table is kept and may be referenced.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gridwms.jobs.priority import HIGHEST, LOWEST


class Kind(StrEnum):
    """The type of value; the text is what an error message says is accepted."""

    TEXT = "a string"
    TEXTS = "a string or a list of strings"
    INTEGER = "a whole number"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    AD = "an ad: [ name = value; ... ]"
    ADS = "an ad or a list of ads"
    EXPRESSION = "an expression"
    ANY = "any value"


class Standing(StrEnum):
    """What becomes of an attribute that is there and not empty."""

    HONOURED = "honoured"
    IDLE = "idle"
    """Ignoring it harms nothing: a warning says that it has no effect."""
    REFUSED = "refused"
    """It cannot be honoured yet, and ignoring it would betray the user: an error."""
    PARENT = "parent"
    """Honoured where it stands for all nodes of a compound; elsewhere as IDLE."""
    PRIVATE = "private"
    """Only the service itself may write it: an error."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One row. `least`: smallest number accepted, `most`: the largest.
    `note`: ends the sentence that says why it is idle or refused."""

    name: str
    kind: Kind
    standing: Standing = Standing.HONOURED
    least: int | None = None
    note: str = ""
    most: int | None = None


def _honoured(kind: Kind, *names: str, least: int | None = None, most: int | None = None) -> list[Attribute]:
    return [Attribute(name, kind, least=least, most=most) for name in names]


def _idle(kind: Kind, name: str, note: str, least: int | None = None) -> Attribute:
    return Attribute(name, kind, Standing.IDLE, least, note)


def _refused(kind: Kind, name: str, note: str) -> Attribute:
    return Attribute(name, kind, Standing.REFUSED, note=note)


_LISTENER = "an interactive job is reached through the service, with 'gridwms attach'"
_COMPOUND = "it concerns collections and DAGs only"
_SERVICE = "the service keeps its own records"

_TABLE: tuple[Attribute, ...] = (
    # what to run
    *_honoured(Kind.TEXT, "Type"),
    *_honoured(Kind.TEXTS, "JobType"),
    *_honoured(Kind.TEXT, "Executable", "Arguments", "StdInput", "StdOutput", "StdError", "VirtualOrganisation"),
    *_honoured(Kind.TEXT, "Prologue", "PrologueArguments", "Epilogue", "EpilogueArguments"),
    *_honoured(Kind.TEXTS, "Environment"),
    *_honoured(Kind.TEXT, "HLRLocation", "ContainerImage"),
    # sandboxes
    *_honoured(Kind.TEXTS, "InputSandbox", "InputSandboxDestFileName", "OutputSandbox", "OutputSandboxDestURI"),
    *_honoured(Kind.TEXT, "InputSandboxBaseURI", "OutputSandboxBaseDestURI"),
    *_honoured(Kind.BOOLEAN, "AllowZippedISB"),
    *_honoured(Kind.TEXTS, "ZippedISB"),
    # where to run
    *_honoured(Kind.EXPRESSION, "Requirements", "Rank"),
    *_honoured(Kind.BOOLEAN, "FuzzyRank", "ShortDeadlineJob", "WholeNodes"),
    *_honoured(Kind.NUMBER, "FuzzyFactor", "fuzzy_factor", least=0),
    *_honoured(Kind.TEXT, "SubmitTo", "OutputSE"),
    *_honoured(Kind.INTEGER, "CPUNumber", "NodeNumber", "SMPGranularity", "HostNumber", least=1),
    *_honoured(Kind.INTEGER, "Priority", least=LOWEST, most=HIGHEST),
    _idle(Kind.TEXTS, "SignificantAttributes", "the service finds out itself which jobs are alike"),
    _idle(Kind.BOOLEAN, "EnableWmsFeedback", "the operator says for all jobs whether those stuck in a queue are moved"),
    _idle(Kind.TEXT, "lrms_type", "the site knows its batch system"),
    # how often and how long to try
    *_honoured(Kind.INTEGER, "RetryCount", "ExpiryTime", least=0),
    *_honoured(Kind.INTEGER, "ShallowRetryCount", least=-1),
    # watching
    *_honoured(Kind.BOOLEAN, "PerusalFileEnable"),
    *_honoured(Kind.INTEGER, "PerusalTimeInterval", least=0),
    _refused(Kind.TEXT, "PerusalFilesDestURI", "watched files are kept by the service; see 'gridwms peek'"),
    *_honoured(Kind.AD, "UserTags"),
    # data
    *_honoured(Kind.TEXTS, "InputData", "DataAccessProtocol"),
    *_honoured(Kind.ADS, "DataRequirements", "OutputData"),
    *_honoured(Kind.TEXT, "DataCatalog", "StorageIndex"),
    _idle(Kind.TEXT, "ReplicaCatalog", "that kind of catalogue is retired; name one in DataCatalog"),
    _idle(Kind.BOOLEAN, "DSUpload", "the file DSUpload_<job>.out always comes with OutputData"),
    # credentials and services around
    *_honoured(Kind.TEXT, "MyProxyServer"),
    _idle(Kind.TEXT, "JobProvenance", "that service is retired"),
    _idle(Kind.TEXT, "LBAddress", _SERVICE),
    _idle(Kind.TEXTS, "UserContact", "no mail is sent; use 'gridwms wait'"),
    # interactive jobs
    *_honoured(Kind.BOOLEAN, "InteractiveTerminal"),
    _idle(Kind.TEXT, "ListenerHost", _LISTENER),
    _idle(Kind.INTEGER, "ListenerPort", _LISTENER),
    _idle(Kind.TEXT, "ListenerPipeName", _LISTENER),
    # collections, DAGs, parametric jobs
    *(
        Attribute(name, kind, Standing.PARENT, least, note=_COMPOUND)
        for name, kind, least in (
            ("Dependencies", Kind.ANY, None),
            ("WeakDependencies", Kind.ANY, None),
            ("DefaultNodeRetryCount", Kind.INTEGER, 0),
            ("DefaultNodeShallowRetryCount", Kind.INTEGER, -1),
            ("max_running_nodes", Kind.INTEGER, 0),
            ("NodesCollocation", Kind.BOOLEAN, None),
            ("node_retry_count", Kind.INTEGER, 0),
            ("node_type", Kind.TEXT, None),
        )
    ),
    *(
        Attribute(name, Kind.ANY, Standing.PARENT, note='it needs JobType = "Parametric"')
        for name in ("Parameters", "ParameterStart", "ParameterStep")
    ),
    Attribute("Nodes", Kind.ANY, Standing.PARENT, note='it needs Type = "Collection" or "DAG"'),
    _refused(Kind.ANY, "PartitionNumber", "partitionable jobs are not served (gLite gave them up too)"),
    _idle(Kind.TEXT, "NodeName", "it names nodes of collections and DAGs only"),
    # recognised by gLite, without a function for the user
    _idle(Kind.ANY, "CeRequirements", "only Requirements chooses where to run"),
    *(_idle(Kind.ANY, name, "it had none in gLite either") for name in ("CreationTime", "ValidityTime", "MwVersion")),
    *(_idle(Kind.ANY, name, "it had none in gLite either") for name in ("JDL_Original", "Delegation_ID", "MoveToCE")),
    # written by the service only
    *(
        Attribute(name, Kind.ANY, Standing.PRIVATE)
        for name in (
            "edg_jobid",
            "edg_dagid",
            "edg_previous_matches",
            "CertificateSubject",
            "X509UserProxy",
            "VOMS_FQAN",
            "WMPInputSandboxBaseURI",
            "InputSandboxPath",
            "OutputSandboxPath",
            "PerusalListFileURI",
            "DefaultRank",
            "ReallyRunningToken",
            "CeApplicationDir",
            "CEInfoHostName",
            "ReplansCount",
            "LB_sequence_code",
            "ce_id",
            "GlobusResourceContactString",
            "QueueName",
            "RSLArguments",
        )
    ),
)

ATTRIBUTES: dict[str, Attribute] = {attribute.name.lower(): attribute for attribute in _TABLE}
"""Lower-case name to attribute."""

SUGGESTED: tuple[str, ...] = tuple(
    attribute.name
    for attribute in _TABLE
    if attribute.standing in (Standing.HONOURED, Standing.REFUSED, Standing.PARENT)
    and attribute.name not in ("NodeNumber", "node_retry_count")
)
"""Names that a misspelt attribute may be told of: those that do, or would do, something."""
