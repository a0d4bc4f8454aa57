"""The operations of WMProxy, with what they take and give, and what they may fail with. The WSDL is made of this."""

from __future__ import annotations

from gridwms.api.wmproxy.faults import FAULTS, NAMESPACE
from gridwms.api.wmproxy.structures import (
    GRAPH,
    JDL_TYPE,
    JOB_ID,
    JOB_STATUS,
    JOB_TYPES,
    JSDL_DOCUMENT,
    NUMBERED,
    OBJECT_TYPE,
    PLACES,
    PROXY_INFO,
    STRINGS,
)
from gridwms.soap.operations import Operation, PortType
from gridwms.soap.types import BOOLEAN, INT, LONG, STRING, Field

_FAULTS = {
    "A": "InvalidArgumentFault",
    "U": "JobUnknownFault",
    "N": "OperationNotAllowedFault",
    "R": "NoSuitableResourcesFault",
    "Q": "GetQuotaManagementFault",
}
"""Beyond those that every operation may raise, as gLite reference §4.1 abbreviates them."""
_ALWAYS = ("AuthenticationFault", "GenericFault", "ServerOverloadedFault")


def _may_fail(letters: str) -> tuple[str, ...]:
    return (*_ALWAYS, "AuthorizationFault", *(_FAULTS[letter] for letter in letters))


def _operation(name: str, takes: tuple[Field, ...], gives: tuple[Field, ...], letters: str, about: str) -> Operation:
    return Operation(name, takes, gives, _may_fail(letters), about)


_DELEGATION = Field("delegationID", STRING)
_WITH_DELEGATION = Field("delegationId", STRING)
_JOB = Field("jobId", STRING)
_JDL = Field("jdl", STRING)
_JSDL = Field("jsdl", JSDL_DOCUMENT)
_PROTOCOL = Field("protocol", STRING, optional=True)
"""Clients older than 2.0 do not send it."""
_WISHES = (Field("requirements", STRING), Field("rank", STRING))
_REGISTERED = (Field("jobIdStruct", JOB_ID),)
_MATCHES = (Field("CEIdAndRankList", NUMBERED),)
_QUOTA = (Field("softLimit", LONG), Field("hardLimit", LONG))
_ITEMS = (Field("items", STRINGS),)
_ATTRIBUTES = Field("attributes", STRINGS)

WMPROXY = PortType(
    NAMESPACE,
    "WMProxy_PortType",
    "WMProxy",
    "WMProxy_PortType",
    (
        Operation(
            "getVersion",
            gives=(Field("version", STRING),),
            faults=_ALWAYS,
            about="Whose behaviour this is.",
        ),
        _operation("getProxyReq", (_DELEGATION,), (Field("request", STRING),), "", "A request for a proxy."),
        _operation("putProxy", (_DELEGATION, Field("proxy", STRING)), (), "", "The signed proxy with its chain."),
        _operation("getJDL", (_JOB, Field("type", JDL_TYPE)), (_JDL,), "AU", "The description of a job."),
        _operation("jobRegister", (_JDL, _WITH_DELEGATION), _REGISTERED, "A", "A job that waits for jobStart."),
        _operation("jobRegisterJSDL", (_JSDL, _WITH_DELEGATION), _REGISTERED, "A", "The same from JSDL."),
        _operation("jobStart", (_JOB,), (), "AUN", "Let a registered job go: its input is here."),
        _operation("jobSubmit", (_JDL, _WITH_DELEGATION), _REGISTERED, "A", "A job that starts at once."),
        _operation("jobSubmitJSDL", (_WITH_DELEGATION, _JSDL), _REGISTERED, "A", "The same from JSDL."),
        _operation("jobCancel", (_JOB,), (), "AUN", "End a job."),
        _operation("getMaxInputSandboxSize", (), (Field("size", LONG),), "", "Bytes of an input sandbox."),
        _operation("getSandboxDestURI", (_JOB, _PROTOCOL), (Field("path", STRINGS),), "AUN", "Where input goes."),
        _operation(
            "getSandboxBulkDestURI",
            (_JOB, _PROTOCOL),
            (Field("DestURIsStructType", PLACES),),
            "AUN",
            "The same of a job and of its nodes.",
        ),
        _operation("getTotalQuota", (), _QUOTA, "Q", "Bytes that the caller may keep here; -1: any number."),
        _operation("getFreeQuota", (), _QUOTA, "Q", "How many of them are free."),
        _operation("jobPurge", (_JOB,), (), "AUN", "The output was fetched: the files of the job may go."),
        _operation(
            "getOutputFileList",
            (_JOB, _PROTOCOL),
            (Field("OutputFileAndSizeList", NUMBERED),),
            "AUN",
            "The files of an output sandbox, by their URIs.",
        ),
        _operation("jobListMatch", (_JDL, _WITH_DELEGATION), _MATCHES, "AR", "Where a job could run now."),
        _operation("jobListMatchJSDL", (_JSDL, _WITH_DELEGATION), _MATCHES, "AR", "The same from JSDL."),
        _operation(
            "getJobTemplate",
            (Field("jobType", JOB_TYPES), Field("executable", STRING), Field("arguments", STRING), *_WISHES),
            (_JDL,),
            "A",
            "A description to begin with: of a job.",
        ),
        _operation("getDAGTemplate", (Field("dependencies", GRAPH), *_WISHES), (_JDL,), "A", "The same of a DAG."),
        _operation("getCollectionTemplate", (Field("jobNumber", INT), *_WISHES), (_JDL,), "A", "Of a collection."),
        _operation("getJobStatus", (_JOB,), (Field("JobStatusStruct", JOB_STATUS),), "", "The states of a job."),
        _operation(
            "getIntParametricJobTemplate",
            (_ATTRIBUTES, *(Field(name, INT) for name in ("param", "parameterStart", "parameterStep")), *_WISHES),
            (_JDL,),
            "A",
            "Of a parametric job, by numbers.",
        ),
        _operation(
            "getStringParametricJobTemplate",
            (_ATTRIBUTES, Field("param", STRINGS), *_WISHES),
            (_JDL,),
            "A",
            "Of a parametric job, by values.",
        ),
        _operation("getACLItems", (_JOB,), _ITEMS, "AU", "Who may look at a job beside its owner."),
        _operation("addACLItems", (_JOB, *_ITEMS), (), "AU", "Let others look at a job: subjects or FQANs."),
        _operation("removeACLItem", (_JOB, Field("item", STRING)), (), "AUN", "Take that back."),
        _operation(
            "getDelegatedProxyInfo", (_DELEGATION,), (Field("items", PROXY_INFO),), "AU", "What a delegated proxy is."
        ),
        _operation("getJobProxyInfo", (_JOB,), (Field("items", PROXY_INFO),), "AU", "The same of a job's."),
        _operation("enableFilePerusal", (_JOB, Field("fileList", STRINGS)), (), "AUN", "Which files to send early."),
        _operation(
            "getPerusalFiles",
            (_JOB, Field("file", STRING), Field("allChunks", BOOLEAN), _PROTOCOL),
            (Field("fileList", STRINGS),),
            "AUN",
            "What there is of one of them.",
        ),
        _operation("getTransferProtocols", (), _ITEMS, "", "By which protocols files travel."),
    ),
    FAULTS,
    (OBJECT_TYPE,),
)
