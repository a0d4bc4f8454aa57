"""What can be asked of a service, as data: made here once, sent by both clients alike."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from gridwms.client import answers
from gridwms.client.errors import ClientError, of_item
from gridwms.client.filters import Filter
from gridwms.publication.facts import Endpoint, Facts, Health, Kind, Serving

T = TypeVar("T")
API = "/api/v1"
COMPOUND = "compound"
"""The code of the error that says so of a job when only single ones and nodes have what was asked for."""
ENDED = ("DONE", "CLEARED", "ABORTED", "CANCELLED")
BATCH = 1000
"""Jobs in one request at most; larger sets are sent in several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One request and how to read its answer. Its body is `json` or `content`, or there is none.

    `anywhere`: of several services any may do it.
    """

    method: str
    path: str
    read: Callable[[Any], T]
    json: Any = None
    content: bytes | None = None
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    anywhere: bool = False


def register(
    texts: Sequence[tuple[bytes, str]], key: str, priority: int | None = None, delegation: str | None = None
) -> Call[list[answers.Registered]]:
    """Register a job for each text with its dialect. Sent again with the same key it gives the same jobs."""
    asked = {"priority": None if priority is None else str(priority), "delegation": delegation}
    body = {"jobs": [_text(*text) for text in texts]}
    return Call(
        method="POST",
        path=f"{API}/jobs",
        json=body,
        read=lambda told: [answers.Registered.read(each) for each in told["jobs"]],
        params={name: value for name, value in asked.items() if value is not None},
        headers={"Idempotency-Key": key},
        anywhere=True,
    )


def start(keys: Sequence[str]) -> Call[None]:
    return Call(method="POST", path=f"{API}/jobs/start", json={"jobs": list(keys)}, read=lambda told: None)


def check(text: bytes, dialect: str) -> Call[answers.Checked]:
    return Call(
        method="POST",
        path=f"{API}/check",
        json=_text(text, dialect),
        read=answers.Checked.read,
        anywhere=True,
    )


def match(text: bytes, dialect: str) -> Call[answers.Match]:
    body = _text(text, dialect)
    return Call(method="POST", path=f"{API}/match", json=body, read=answers.Match.read, anywhere=True)


def status(keys: Sequence[str]) -> Call[list[answers.Job | ClientError]]:
    """The jobs in the order of the keys; an error in the place of one that cannot be shown."""
    return Call(method="POST", path=f"{API}/jobs/status", json={"jobs": list(keys)}, read=_job_or_error)


def list_jobs(*, owner: str, states: Sequence[str], after: str, limit: int) -> Call[answers.JobPage]:
    params = {"limit": str(limit)}
    params |= {"owner": owner} if owner else {}
    params |= {"state": ",".join(states)} if states else {}
    params |= {"after": after} if after else {}
    return Call(method="GET", path=f"{API}/jobs", params=params, read=answers.JobPage.read)


def archived(key: str) -> Call[answers.Job]:
    """A job of the archive."""
    return Call(method="GET", path=f"{API}/jobs/{key}", params={"archived": "true"}, read=answers.Job.read)


def nodes(
    key: str, *, states: Sequence[str], failed: bool, after: str, limit: int, archived: bool = False
) -> Call[answers.JobPage]:
    params = {"limit": str(limit)}
    params |= {"archived": "true"} if archived else {}
    params |= {"state": ",".join(states)} if states else {}
    params |= {"failed": "true"} if failed else {}
    params |= {"after": after} if after else {}
    return Call(method="GET", path=f"{API}/jobs/{key}/nodes", params=params, read=answers.JobPage.read)


def history(key: str, *, archived: bool = False) -> Call[list[answers.Event]]:
    return Call(
        method="GET",
        path=f"{API}/jobs/{key}/history",
        params={"archived": "true"} if archived else {},
        read=lambda told: [answers.Event.read(each) for each in told["events"]],
    )


def why(key: str) -> Call[answers.Why]:
    return Call(method="GET", path=f"{API}/jobs/{key}/why", read=answers.Why.read)


def output_files(key: str) -> Call[list[answers.OutputFile]]:
    def read(told: Any) -> list[answers.OutputFile]:
        return [answers.OutputFile(name=f["name"], size=f["size"], truncated=f["truncated"]) for f in told["files"]]

    return Call(method="GET", path=f"{API}/jobs/{key}/output", read=read)


def peek(key: str, name: str, offset: int, limit: int, wait: float = 0.0) -> Call[answers.Peek]:
    """What there is of a file from `offset` on; when there is nothing, the service waits up to `wait` seconds."""

    def read(told: Any) -> answers.Peek:
        return answers.Peek(data=base64.b64decode(told["data"]), next=told["next"], finished=told["finished"])

    params = {"name": name, "offset": str(offset), "limit": str(limit), "wait": str(wait)}
    return Call(method="GET", path=f"{API}/jobs/{key}/peek", params=params, read=read)


def attach(key: str, mode: str) -> Call[answers.Attachment]:
    """`mode`: write, take or watch."""
    path = f"{API}/jobs/{key}/console"
    return Call(method="POST", path=path, json={"mode": mode}, read=answers.Attachment.read)


def console(key: str, attachment: str, params: dict[str, str]) -> Call[answers.Glance]:
    """What is new on a console; `params` say what is known already."""
    path = f"{API}/jobs/{key}/console/{attachment}"
    return Call(method="GET", path=path, params=params, read=answers.Glance.read)


def type_in(key: str, attachment: str, offset: int, data: bytes, *, end: bool) -> Call[tuple[int, int]]:
    """Standard input from byte `offset` on; how much the worker node has, and how much the service."""
    return Call(
        method="PUT",
        path=f"{API}/jobs/{key}/console/{attachment}/input",
        params={"offset": str(offset), "end": "true" if end else "false"},
        content=data,
        read=lambda told: (int(told["taken"]), int(told["have"])),
    )


def control(key: str, attachment: str, wish: dict[str, Any]) -> Call[None]:
    path = f"{API}/jobs/{key}/console/{attachment}/control"
    return Call(method="POST", path=path, json=wish, read=lambda told: None)


def detach(key: str, attachment: str) -> Call[None]:
    return Call(method="DELETE", path=f"{API}/jobs/{key}/console/{attachment}", read=lambda told: None)


def end(verb: str, keys: Sequence[str]) -> Call[list[answers.Ended | ClientError]]:
    """`verb`: cancel, clear, purge or retry. One answer a key, in order; an error where one may not do that."""

    def read(told: Any) -> list[answers.Ended | ClientError]:
        return [of_item(each["error"]) if each["error"] else answers.Ended.read(each) for each in told["jobs"]]

    return Call(method="POST", path=f"{API}/jobs/{verb}", json={"jobs": list(keys)}, read=read)


def prioritize(priority: int, keys: Sequence[str]) -> Call[list[answers.Ended | ClientError]]:
    call = end("priority", keys)
    return replace(call, json={**call.json, "priority": priority})


def shares() -> Call[list[answers.Share]]:
    return Call(
        method="GET", path=f"{API}/shares", read=lambda told: [answers.Share.read(each) for each in told["shares"]]
    )


def bans() -> Call[list[answers.Ban]]:
    return Call(method="GET", path=f"{API}/bans", read=lambda told: [answers.Ban.read(each) for each in told["bans"]])


def ban(kind: str, name: str, reason: str, ends: float | None) -> Call[answers.Ban]:
    body = {"kind": kind, "name": name, "reason": reason, "ends": ends}
    return Call(method="POST", path=f"{API}/bans", json=body, read=answers.Ban.read)


def lift_ban(kind: str, name: str) -> Call[list[answers.Ban]]:
    return replace(bans(), method="POST", path=f"{API}/bans/lift", json={"kind": kind, "name": name})


def policy() -> Call[answers.Policy]:
    return Call(method="GET", path=f"{API}/policy", read=answers.Policy.read)


def add_rule(
    who: Mapping[str, Sequence[str]], allow: Sequence[str], deny: Sequence[str], of_vo: Sequence[str], note: str
) -> Call[answers.Policy]:
    body = {"who": _lists(who), "allow": list(allow), "deny": list(deny), "of_vo": list(of_vo), "note": note}
    return Call(method="POST", path=f"{API}/policy/rules", json=body, read=_changed_policy)


def remove_rules(who: Mapping[str, Sequence[str]]) -> Call[answers.Policy]:
    return Call(method="POST", path=f"{API}/policy/rules/remove", json={"who": _lists(who)}, read=_changed_policy)


def change_map(row: answers.MapRow, *, remove: bool) -> Call[answers.Policy]:
    path = f"{API}/policy/map/remove" if remove else f"{API}/policy/map"
    return Call(method="POST", path=path, json=asdict(row), read=_changed_policy)


def try_out(name: str, issuer: str, vo: str, groups: Sequence[str]) -> Call[answers.Somebody]:
    body = {"name": name, "issuer": issuer, "vo": vo, "groups": list(groups)}
    return Call(method="POST", path=f"{API}/policy/try", json=body, read=answers.Somebody.read)


def _lists(who: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {key: list(patterns) for key, patterns in who.items()}


def _changed_policy(told: Any) -> answers.Policy:
    return answers.Policy.read(told["policy"])


def subscribe(
    target: str, wanted: Filter, url: str, *, days: float, every: float, after: str
) -> Call[answers.Subscription]:
    values: dict[str, Any] = dict(wanted.values(url))
    if wanted.owner:
        values["owner"] = wanted.owner
    body = {"target": target, "filter": values, "days": days, "every": every, "after": after}
    return Call(method="POST", path=f"{API}/subscriptions", json=body, read=answers.Subscription.read)


def subscriptions(owner: str) -> Call[list[answers.Subscription]]:
    return Call(
        method="GET",
        path=f"{API}/subscriptions",
        params={"owner": owner} if owner else {},
        read=lambda told: [answers.Subscription.read(each) for each in told["subscriptions"]],
    )


def subscription(key: str, verb: str = "", json: Any = None) -> Call[answers.Subscription]:
    """`verb`: extend or resume, with what belongs to it; without one it is only shown."""
    path = f"{API}/subscriptions/{quote(key, safe='')}"
    if not verb:
        return Call(method="GET", path=path, read=answers.Subscription.read)
    return Call(method="POST", path=f"{path}/{verb}", json=json, read=answers.Subscription.read)


def unsubscribe(key: str) -> Call[None]:
    return Call(method="DELETE", path=f"{API}/subscriptions/{quote(key, safe='')}", read=lambda told: None)


def test_subscription(key: str) -> Call[str]:
    """Why the target did not take it, "" when it did."""
    return Call(
        method="POST",
        path=f"{API}/subscriptions/{quote(key, safe='')}/test",
        read=lambda told: "" if told["delivered"] else str(told["error"] or "not delivered"),
    )


def purge_old(older: float, states: Sequence[str], owner: str, dry_run: bool) -> Call[answers.Purged]:
    body = {"older": older, "states": list(states), "owner": owner, "dry_run": dry_run}
    return Call(method="POST", path=f"{API}/purge", json=body, read=answers.Purged.read)


def quotas(owner: str) -> Call[list[answers.Quota]]:
    return Call(
        method="GET",
        path=f"{API}/quota",
        params={"owner": owner} if owner else {},
        read=lambda told: [answers.Quota.read(each) for each in told["quotas"]],
    )


def service() -> Call[answers.Service]:
    return Call(method="GET", path=f"{API}/service", read=answers.Service.read)


def publication() -> Call[Facts]:
    def read(told: Any) -> Facts:
        return Facts(
            version=told["version"],
            endpoints=tuple(Endpoint(kind=Kind(one["kind"]), url=one["url"]) for one in told["endpoints"]),
            health=Health(told["health"]),
            info=told["info"],
            serving=Serving(told["serving"]),
            started=told["started"],
            access=tuple(told["access"]),
            vos=tuple(told["vos"]),
            issuer=told["issuer"],
        )

    return Call(method="GET", path=f"{API}/publication", read=read)


def me() -> Call[answers.Caller]:
    return Call(method="GET", path=f"{API}/me", read=answers.Caller.read)


def delegations(owner: str) -> Call[list[answers.Delegation]]:
    return Call(
        method="GET",
        path=f"{API}/delegations",
        params={"owner": owner} if owner else {},
        read=lambda told: [answers.Delegation.read(each) for each in told["delegations"]],
    )


def request_delegation(name: str) -> Call[tuple[str, str]]:
    """The name of the delegation, and the request that is to be signed."""
    return Call(
        method="POST",
        path=f"{API}/delegations",
        json={"name": name},
        read=lambda told: (str(told["name"]), str(told["request"])),
    )


def put_delegation(name: str, chain: str, myproxy: str | None = None) -> Call[answers.Delegation]:
    path = f"{API}/delegations/{quote(name, safe='')}"
    told = {"chain": chain} if myproxy is None else {"chain": chain, "myproxy": myproxy}
    return Call(method="PUT", path=path, json=told, read=answers.Delegation.read)


def put_token(name: str, access: str, refresh: str, program: str) -> Call[answers.Delegation]:
    told = {"name": name, "access_token": access, "refresh_token": refresh, "client": program}
    return Call(method="POST", path=f"{API}/delegations/tokens", json=told, read=answers.Delegation.read)


def delegation(name: str) -> Call[list[answers.Delegation]]:
    """The credentials of all kinds under this name."""
    path = f"{API}/delegations/{quote(name, safe='')}"
    return Call(
        method="GET", path=path, read=lambda told: [answers.Delegation.read(each) for each in told["delegations"]]
    )


def remove_delegation(name: str) -> Call[None]:
    return Call(method="DELETE", path=f"{API}/delegations/{quote(name, safe='')}", read=lambda told: None)


def input_path(key: str, index: int) -> str:
    """Where an input file is sent to."""
    return f"{API}/jobs/{key}/input/{index}"


def output_path(key: str, name: str) -> str:
    """Where an output file is fetched."""
    return f"{API}/jobs/{key}/output/{quote(name, safe='')}"


EVENTS = f"{API}/events"
_FEW = 100


def events_of(keys: Collection[str], cursor: str) -> dict[str, str]:
    """What to ask the stream for: a few jobs by name, for many all that one owns."""
    params = {"after": cursor} if cursor else {}
    return params | ({"job": ",".join(sorted(keys))} if len(keys) <= _FEW else {})


def _text(text: bytes, dialect: str) -> dict[str, str]:
    try:
        return {"jdl": text.decode("utf-8"), "format": dialect}
    except UnicodeDecodeError:
        # The service tells where the wrong byte stands; it needs all of them for that.
        return {"jdl_base64": base64.b64encode(text).decode("ascii"), "format": dialect}


def _job_or_error(told: Any) -> list[answers.Job | ClientError]:
    return [of_item(each["error"]) if each.get("error") else answers.Job.read(each["job"]) for each in told["jobs"]]


def sites() -> Call[list[answers.Site]]:
    return Call(
        method="GET", path=f"{API}/sites", read=lambda told: [answers.Site.read(each) for each in told["sites"]]
    )


def site(name: str) -> Call[answers.Site]:
    return Call(method="GET", path=f"{API}/sites/{quote(name, safe='')}", read=answers.Site.read)


def release(name: str) -> Call[int]:
    return Call(
        method="POST", path=f"{API}/sites/release", json={"name": name}, read=lambda told: int(told["released"])
    )


def drain_site(site: str, reason: str, begins: float | None, ends: float | None) -> Call[answers.Site]:
    body = {"reason": reason, "begins": begins, "ends": ends}
    return Call(method="POST", path=f"{API}/sites/{quote(site, safe='')}/drain", json=body, read=answers.Site.read)


def sources() -> Call[list[answers.Source]]:
    return Call(
        method="GET",
        path=f"{API}/sources",
        read=lambda told: [answers.Source.read(each) for each in told["sources"]],
    )


def source(name: str, verb: str = "") -> Call[answers.Source]:
    """`verb`: refresh; without one it is only shown."""
    path = f"{API}/sources/{quote(name, safe='')}"
    return Call(method="POST" if verb else "GET", path=f"{path}/{verb}" if verb else path, read=answers.Source.read)


def test_source(name: str) -> Call[answers.Trial]:
    return Call(method="POST", path=f"{API}/sources/{quote(name, safe='')}/test", read=answers.Trial.read)


def resume_site(site: str) -> Call[answers.Site]:
    return Call(method="POST", path=f"{API}/sites/{quote(site, safe='')}/resume", read=answers.Site.read)
