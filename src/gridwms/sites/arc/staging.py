"""What travels by the session of a job: output that no upload brought home; and where worker nodes have no network,
inputs, the wish for the token and its answer.

A-REX keeps a job back until the files that its description names have been uploaded: the last of them is one of ours,
so that an upload that broke off starts nothing. Names are those of the worker protocol (GRIDWMS_STAGE).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote

import structlog

from gridwms.sites.arc.rest import Rest
from gridwms.sites.contract import Credentials, Handover, Receipt
from gridwms.sites.link import TokenRequest, WorkerLink

logger = structlog.get_logger(__name__)

READY = "stage.ready"
_MOST_WISH = 1 << 20
_MOST_LIST = 1 << 20
_BEFORE = frozenset({"ACCEPTING", "ACCEPTED", "PREPARING"})


def inputs_of(one: Handover) -> list[str]:
    """The files that A-REX is to wait for."""
    return [*(f"stage.in/{name}" for name, _path in one.inputs or ()), READY]


class Staging:
    """Of one site. `fetched`: a folder of ours for output that is brought from there."""

    def __init__(self, rest: Rest, site: str, fetched: Path | None) -> None:
        self._rest, self._site, self._fetched = rest, site, fetched
        self._answered: set[str] = set()

    def bring(self, job: str, one: Handover) -> None:
        """Upload the inputs of a job, and then what lets it go."""
        for name, path in one.inputs or ():
            self._rest.upload(job, f"session/stage.in/{name}", Path(path))
        if one.credentials is not None:
            self.bring_credentials(job, one.credentials)
        self._rest.upload(job, f"session/{READY}", b"\n")

    def bring_credentials(self, job: str, credentials: Credentials) -> None:
        """Put what a user has delegated where the wrapper looks; what tells that it is there comes last."""
        if credentials.proxy:
            self._rest.upload(job, "session/stage.proxy", credentials.proxy)
        if credentials.token:
            self._rest.upload(job, "session/stage.token", credentials.token.encode())
        self._rest.upload(job, "session/stage.credentials", credentials.lines.encode())

    def unready(self, receipts: Iterable[Receipt]) -> list[Receipt]:
        """Those whose upload broke off; they have not begun and will not."""
        wanted = {one.id: one for one in receipts}
        states = {str(one.get("id")): str(one.get("state")) for one in self._rest.each("status", wanted)}
        held = [wanted[job] for job, state in states.items() if state in _BEFORE and job in wanted]
        return [one for one in held if self._rest.file(one.id, f"session/{READY}", 1) is None]

    def grant(self, running: Sequence[Receipt], link: WorkerLink | None) -> None:
        """Ask the service for the tokens of those that run and have left their wish."""
        asked: dict[str, TokenRequest] = {}
        for one in running:
            if one.id in self._answered:
                continue
            said = (self._rest.file(one.id, "session/stage.wish", _MOST_WISH) or b"").decode("utf-8", "replace")
            first, *lines = said.splitlines() or [""]
            words = first.split()
            if len(words) == 3 and words[0] == "token" and words[1] == one.tag:
                asked[one.id] = TokenRequest(one.tag, words[2], tuple(lines))
        if not asked or link is None:
            return
        for job, yes in zip(asked, link.take_tokens(list(asked.values())), strict=True):
            if yes is not None:
                answer = b"go\n" if yes else b"stop the service refuses it\n"
                self._rest.upload(job, "session/stage.answer", answer)
                self._answered.add(job)

    def outputs(self, receipt: Receipt) -> dict[str, str]:
        """Bring the output files that the wrapper has listed; where they are here."""
        told = (self._rest.file(receipt.id, "session/d/outputs", _MOST_LIST) or b"").decode("utf-8", "replace")
        found: dict[str, str] = {}
        for number, line in enumerate(told.splitlines()):
            name, _, rest = line.partition(" ")
            path = rest.rpartition(" ")[0]
            if not path or path.startswith("/") or ".." in path.split("/") or self._fetched is None:
                continue
            target = self._fetched / receipt.tag / str(number)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._rest.download(receipt.id, f"session/d/{path}", target):
                found[unquote(name, errors="surrogateescape")] = str(target)
            else:
                logger.warning("output is not in the session", site=self._site, tag=receipt.tag, file=name)
        return found

    def forget(self, receipts: Iterable[Receipt]) -> None:
        """Remove what was brought from them."""
        for one in receipts:
            self._answered.discard(one.id)
            if self._fetched is not None:
                shutil.rmtree(self._fetched / one.tag, ignore_errors=True)
