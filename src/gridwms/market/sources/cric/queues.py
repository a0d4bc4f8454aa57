"""A queue of CRIC (a PanDA queue with its computing elements) as resources: one for each computing element.

CRIC counts `maxtime` in seconds, `ce_queue_maxwctime` and `ce_queue_maxcputime` in minutes, memory and disk in MB,
`corepower` in HEP-SPEC06; 0 stands for "no limit known". GLUE 1.3 has minutes, MB and SI00.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gridwms.classad import ClassAd
from gridwms.classad.ad import Python
from gridwms.market.sources.bdii.names import SiteOf, names_of_id

Record = Mapping[str, object]
_STATES = {"online": "Production", "brokeroff": "Draining", "offline": "Closed", "test": "Test"}
_SERVICES = {"cream-ce": "cream", "arc-ce": "nordugrid", "htcondor-ce": "htcondorce"}
_SI00 = 250
"""Sites publish 250 SI00 a HEP-SPEC06."""
_SCALARS = (str, int, float, bool)


def resources(name: str, record: Record, sites: Mapping[str, Record], site_of: SiteOf) -> Iterator[ClassAd | str]:
    """The ads of a queue, or sentences why there is none. `sites`: what the registry says of sites, by name."""
    elements = [one for one in _list(record.get("queues")) if isinstance(one, Mapping)]
    if not elements:
        yield f"the queue '{name}' has no computing element; it is left out"
    whole = _of_queue(name, record, sites)
    for element in elements:
        ce_id = _ce_id(element)
        if not ce_id:
            yield f"a computing element of the queue '{name}' has no ce_endpoint; it is left out"
            continue
        own = ClassAd.from_values(whole | _of_element(ce_id, element, record))
        yield ClassAd.joined(ClassAd(names_of_id(ce_id, "", site_of)), own)


def _of_queue(name: str, record: Record, sites: Mapping[str, Record]) -> dict[str, Python]:
    site_name = _text(record, "rc_site") or _text(record, "gocname") or _text(record, "site")
    site = sites.get(site_name) or sites.get(_text(record, "atlas_site")) or {}
    values: dict[str, Python | None] = {
        "GridwmsView": name,
        "GlueSiteUniqueID": site_name or None,
        "GlueSiteName": _text(record, "gocname") or None,
        "GlueHostMainMemoryRAMSize": _positive(record, "maxrss"),
        "GlueHostArchitectureSMPSize": _positive(record, "corecount"),
        "GlueCEPolicyMaxSlotsPerJob": _positive(record, "corecount"),
        "GlueHostNetworkAdapterOutboundIP": _outbound(_text(record, "wnconnectivity")),
        "GlueHostApplicationSoftwareRunTimeEnvironment": _tags(record),
        "GlueCESEBindGroupSEUniqueID": _storages(record),
    }
    vo = _text(record, "vo_name")
    if vo:
        values["GlueCEAccessControlBaseRule"] = [f"VO:{vo}"]
    power = record.get("corepower")
    if isinstance(power, int | float) and power > 0:
        values["GlueHostBenchmarkSI00"] = round(power * _SI00)
    plain: dict[str, Python] = {one: _plain(value) for one, value in record.items() if _is_plain(value)}
    if site:
        plain["site_record"] = {one: _plain(value) for one, value in site.items() if _is_plain(value)}
    known: dict[str, Python] = {one: value for one, value in values.items() if value is not None}
    return known | {"CRIC": plain}


def _of_element(ce_id: str, element: Record, record: Record) -> dict[str, Python]:
    minutes = [number for number in (_positive(element, "ce_queue_maxwctime"),) if number]
    seconds = _positive(record, "maxtime")
    if seconds:
        minutes.append(seconds // 60)
    values: dict[str, Python | None] = {
        "GlueCEUniqueID": ce_id,
        "GlueCEInfoHostName": ce_id.partition("/")[0].rpartition(":")[0],
        "GlueCEName": _text(element, "ce_queue_name") or None,
        "GlueCEInfoContactString": _text(element, "ce_endpoint"),
        "GlueCEInfoLRMSType": _text(element, "ce_jobmanager") or None,
        "GlueCEImplementationName": _text(element, "ce_flavour") or None,
        "GlueCEImplementationVersion": _text(element, "ce_version") or None,
        "GlueCEStateStatus": _status(element, record),
        "GlueCEPolicyMaxWallClockTime": min(minutes, default=None),
        "GlueCEPolicyMaxCPUTime": _positive(element, "ce_queue_maxcputime"),
    }
    return {one: value for one, value in values.items() if value is not None}


def _ce_id(element: Record) -> str:
    """`host:port/service-<batch system>-<queue>`, as GLUE names computing elements."""
    door = _text(element, "ce_endpoint").split("://", 1)[-1].split("/", 1)[0]
    if not door:
        return ""
    if ":" not in door:
        door += ":2119"
    flavour = _text(element, "ce_flavour").lower()
    service = _SERVICES.get(flavour) or re.sub(r"[^a-z0-9]", "", flavour) or "jobmanager"
    lrms = re.sub(r"[^A-Za-z0-9_]", "", _text(element, "ce_jobmanager")) or "unknown"
    return f"{door}/{service}-{lrms}-{_text(element, 'ce_queue_name') or 'default'}"


def _status(element: Record, record: Record) -> str:
    """Closed when the registry has switched off the queue, its site or the computing element."""
    states = (record.get("state"), record.get("site_state"), record.get("rc_site_state"), element.get("ce_state"))
    if any(isinstance(state, str) and state and state.upper() != "ACTIVE" for state in states):
        return "Closed"
    word = _text(record, "status").lower()
    return _STATES.get(word, word.capitalize() or "Production")


def _tags(record: Record) -> list[Python]:
    tags = [one for one in _list(record.get("releases")) if isinstance(one, str) and one.upper() != "AUTO"]
    if record.get("is_cvmfs") is True:
        tags.append("CVMFS")
    return list(dict.fromkeys(tags))


def _storages(record: Record) -> list[Python]:
    """The storage elements (RSEs) of all activities."""
    activities = record.get("astorages")
    names = activities.values() if isinstance(activities, Mapping) else ()
    return list(dict.fromkeys(one for each in names for one in _list(each) if isinstance(one, str)))


def _outbound(connectivity: str) -> bool | None:
    kind = connectivity.partition("#")[0].lower()
    return {"full": True, "none": False}.get(kind)


def _text(record: Record, name: str) -> str:
    value = record.get(name)
    return value.strip() if isinstance(value, str) else ""


def _positive(record: Record, name: str) -> int | None:
    value = record.get(name)
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1 << 60:
        return None
    return int(value)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _is_plain(value: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) < 1 << 63
    return isinstance(value, _SCALARS) or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def _plain(value: object) -> Python:
    return value  # type: ignore[return-value]  # what _is_plain lets through
