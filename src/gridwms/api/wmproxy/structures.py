"""The structures that travel in calls and answers, with the names and the order that WMProxy's WSDL gives them."""

from __future__ import annotations

from gridwms.describe.jsdl.namespaces import JSDL
from gridwms.soap.types import LONG, STRING, Document, Enumeration, Field, Struct


def _texts(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, STRING) for name in names)


JDL_TYPE = Enumeration("JdlType", ("ORIGINAL", "REGISTERED"))
JOB_TYPE = Enumeration("JobType", ("NORMAL", "PARAMETRIC", "INTERACTIVE", "MPI", "PARTITIONABLE", "CHECKPOINTABLE"))
OBJECT_TYPE = Enumeration("ObjectType", ("JOB", "DAG", "COLLECTION"))
"""Of the WSDL; no operation takes it."""
JOB_TYPES = Struct("JobTypeList", (Field("jobType", JOB_TYPE, many=True),))
STRINGS = Struct("StringList", (Field("Item", STRING, many=True),))
_PLACE = Struct("DestURIStructType", (Field("id", STRING), Field("Item", STRING, many=True, least=1)))
PLACES = Struct("DestURIsStructType", (Field("Item", _PLACE, many=True, least=1),))
_NUMBERED = Struct("StringAndLongType", (Field("name", STRING), Field("size", LONG)))
NUMBERED = Struct("StringAndLongList", (Field("file", _NUMBERED, many=True),))
JOB_STATUS: Struct = Struct(
    "JobStatusStructType",
    (*_texts("jobid", "status"), Field("childrenJob", lambda: JOB_STATUS, many=True, nillable=True)),
)
JOB_ID: Struct = Struct(
    "JobIdStructType",
    (
        Field("id", STRING),
        Field("name", STRING, nillable=True),
        Field("path", STRING, nillable=True),
        Field("childrenJob", lambda: JOB_ID, many=True, nillable=True),
    ),
)
GRAPH: Struct = Struct(
    "GraphStructType",
    (Field("name", STRING, nillable=True), Field("childrenJob", lambda: GRAPH, many=True, nillable=True)),
)
VO_INFO = Struct(
    "VOProxyInfoStructType",
    (
        *_texts("User", "UserCA", "Server", "ServerCA", "VOName", "URI", "StartTime", "EndTime"),
        Field("Attribute", STRING, many=True, least=1),
    ),
)
PROXY_INFO = Struct(
    "ProxyInfoStructType",
    (
        *_texts("Subject", "Issuer", "Identity", "Type", "Strength", "StartTime", "EndTime"),
        Field("VOsInfo", VO_INFO, many=True),
    ),
)
JSDL_DOCUMENT = Document("JobDefinition_Type", JSDL, "JobDefinition")
