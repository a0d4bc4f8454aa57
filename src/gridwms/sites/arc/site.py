"""An ARC computing element as a site: attempts go there by hundreds in one request, and are found by their names.

Exactly once: the name of a job is the tag of its attempt. A submission whose answer was lost is looked for in the
list of our jobs; A-REX may still be at it after the line was cut, so that what is not there is in doubt until
`settle_seconds` have passed. What comes later all the same is cleaned, and the token keeps it from starting a payload.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import structlog

from gridwms.classad import ClassAd
from gridwms.describe.glue2json import ComputingService, services_of
from gridwms.jobs.reasons import reason
from gridwms.sites.arc.activity import Activity, activity_of, phase_of
from gridwms.sites.arc.adl import describe
from gridwms.sites.arc.describe import ads_of, queue_of, width_of
from gridwms.sites.arc.ending import BROKEN, LEFT_EVENTS, why
from gridwms.sites.arc.names import Names
from gridwms.sites.arc.rest import Rest, Showing
from gridwms.sites.arc.settings import ArcSettings
from gridwms.sites.arc.staging import Staging
from gridwms.sites.arc.trouble import is_passing
from gridwms.sites.contract import Credentials, Handover, Leftover, Phase, Receipt, Refusal, Sighting, SiteUnavailable
from gridwms.sites.link import WorkerLink

logger = structlog.get_logger(__name__)

_MOST_LEFT = 1 << 20
_MOST_LOG = 1 << 16


class ArcSite:
    """Through A-REX's REST interface. `fetched`: an own folder here for output that is brought from there. `link`: to
    the service, for wrappers that cannot speak to it themselves."""

    def __init__(
        self,
        settings: ArcSettings,
        clock: Callable[[], float] = time.time,
        *,
        fetched: Path | None = None,
        credentials: Showing | None = None,
    ) -> None:
        self.name = settings.name
        self.settings = settings
        self._clock = clock
        self._rest = Rest(settings, clock, credentials)
        self._names = Names(self._rest, settings, clock)
        self._staging = Staging(self._rest, settings.name, fetched)
        self.link: WorkerLink | None = None
        self._unseen: dict[str, float] = {}
        """Since when a job that should be there is not shown, by its id."""
        self._codes: dict[str, int | None] = {}
        """Exit codes of ended jobs, which spare a look at what those left that left nothing."""
        self._service: ComputingService | None = None

    # ---- the contract

    def submit(self, handovers: Sequence[Handover]) -> list[Receipt | Refusal]:
        """One request for `bulk` attempts."""
        fresh = {one.tag: one for one in handovers}
        if not fresh:
            return []
        answers: list[Receipt | Refusal] = []
        known = self._names.known(fresh)
        for tag, receipt in known.items():
            answers.append(receipt)
            del fresh[tag]
        for one in list(fresh.values()):
            refusal = self._refusal(one)
            if refusal is not None:
                answers.append(refusal)
                del fresh[one.tag]
        wanted = list(fresh.values())
        delegation = self._rest.delegation() if wanted else ""
        for begin in range(0, len(wanted), self.settings.bulk):
            try:
                answers += self._create(wanted[begin : begin + self.settings.bulk], delegation)
            except SiteUnavailable as error:
                if begin == 0 and not answers:
                    raise
                logger.warning("site takes no more", site=self.name, why=str(error))
                break
        return answers

    def find(self, tags: Sequence[str]) -> dict[str, Receipt | None]:
        """By the names of all our jobs there; what A-REX may still be busy with is left out."""
        if not tags:
            return {}
        found = self._names.find(tags)
        if not self.settings.network and (there := [one for one in found.values() if one is not None]):
            for one in self._staging.unready(there):
                self.forget([one])
                found[one.tag] = None
        return found

    def status(self, receipts: Sequence[Receipt]) -> list[Sighting]:
        """One question for all, and one more about those that have ended."""
        if not receipts:
            return []
        self._names.confirm(receipts)
        answers = self._ask("status", receipts)
        states = {str(one.get("id")): str(one.get("state", "")) for one in answers if _is_well(one)}
        absent = {str(one.get("id")) for one in answers if str(one.get("status-code")) == "404"}
        over = [one for one in receipts if phase_of(states.get(one.id, "")) is Phase.ENDED]
        ended = self._activities([one.id for one in over]) if over else {}
        seen = []
        for receipt in receipts:
            activity = ended.get(receipt.id)
            if receipt.id not in states:
                seen.append(self._not_shown(receipt, sure=receipt.id in absent))
            elif activity is not None:
                self._unseen.pop(receipt.id, None)
                seen.append(self._ended(receipt, states[receipt.id], activity))
            else:
                self._unseen.pop(receipt.id, None)
                phase = phase_of(states[receipt.id])
                if phase is Phase.ENDED:  # it was cleaned between the two questions
                    phase = Phase.NOT_YET_VISIBLE
                seen.append(Sighting(tag=receipt.tag, phase=phase, time=self._clock()))
        if not self.settings.network:
            running = {one.tag for one in seen if one.phase is Phase.RUNNING}
            self._staging.grant([one for one in receipts if one.tag in running], self.link)
        self._names.sweep()
        return seen

    def cancel(self, receipts: Sequence[Receipt]) -> None:
        """A-REX ends those that have not ended, politely and then by force."""
        if receipts:
            self._ask("kill", receipts)

    def collect(self, receipts: Sequence[Receipt]) -> list[Leftover]:
        """Nothing is asked about those that ended well: they left nothing."""
        unknown = [one.id for one in receipts if one.id not in self._codes]
        if unknown:
            for job, activity in self._activities(unknown).items():
                self._codes[job] = activity.exit_code
        return [self._left(one) for one in receipts if one.id in self._codes]

    def forget(self, receipts: Sequence[Receipt]) -> None:
        """A-REX removes the session; what runs is ended."""
        if not receipts:
            return
        wanted = [one.id for one in receipts if not self._names.is_forgotten(one.id)]
        over = {job for job, code in self._codes.items() if code is not None}
        for answer in self._rest.remove(wanted, over=over):
            if not _is_well(answer) and str(answer.get("status-code")) != "404":
                raise self._rest.unavailable(f"it does not clean {answer.get('id')}: {answer.get('reason')}")
        for one in receipts:
            self._codes.pop(one.id, None)
            self._unseen.pop(one.id, None)
        self._names.forget(receipts)
        self._staging.forget(receipts)

    @property
    def carries(self) -> bool:
        """Worker nodes without a network get what users have delegated by the session; others fetch it."""
        return not self.settings.network

    def renew(self, receipts: Sequence[Receipt], credentials: Credentials) -> None:
        """Put renewed credentials where the wrappers of these look."""
        for one in receipts if self.carries else ():
            self._staging.bring_credentials(one.id, credentials)

    @property
    def delegation(self) -> str:
        """What A-REX calls the copy of our proxy that jobs are submitted with now; "" when there is none."""
        return self._rest.delegated

    def renew_delegations(self, delegations: Iterable[str], receipts: Sequence[Receipt]) -> None:
        """Bring the credential that is shown now to these delegations, and those with which these jobs came."""
        self._rest.renew_delegations(delegations, [one.id for one in receipts])

    def describe(self) -> list[ClassAd]:
        """What A-REX's information providers wrote last."""
        try:
            services = services_of(self._rest.describe())
        except ValueError as error:
            raise self._rest.unavailable(f"what it tells of itself cannot be read: {error}") from error
        if not services:
            raise self._rest.unavailable("it tells of no computing service")
        self._service = services[0]
        ads = ads_of(services[0], self.settings)
        if not ads and self.settings.queues:
            there = ", ".join(sorted({one.queue for one in services[0].shares})) or "none"
            wanted = ", ".join(self.settings.queues)
            raise self._rest.unavailable(f"it has none of the queues {wanted}; it has: {there}")
        return ads

    def close(self) -> None:
        """Jobs there go on."""
        self._rest.close()

    # ---- submission

    def _refusal(self, one: Handover) -> Refusal | None:
        queue = queue_of(one.ce, self.settings)
        text = ""
        if not self.settings.network and one.inputs is None:
            text = "its worker nodes have no network, and the input cannot be read here"
        elif queue is None:
            text = f"{one.ce} is no computing element of it"
        else:
            if self._service is None:
                self.describe()
            width = width_of(self._service, queue) if self._service else None
            if width is None:
                text = f"it has no queue '{queue}'"
            elif 0 < width < one.cpus:
                text = f"a job may have {width} processors in its queue '{queue}', not {one.cpus}"
        if not text:
            return None
        return Refusal(tag=one.tag, reason=reason("site_refused", site=self.name, text=text))

    def _create(self, handovers: Sequence[Handover], delegation: str) -> list[Receipt | Refusal]:
        texts = [describe(one, queue_of(one.ce, self.settings) or "", delegation, self.settings) for one in handovers]
        self._names.begin([one.tag for one in handovers])
        found = self._rest.create(texts)
        answers: list[Receipt | Refusal] = []
        passing = ""
        for one, answer in zip(handovers, found, strict=True):
            job, said = str(answer.get("id") or ""), str(answer.get("reason") or "it gave no reason")
            if job and str(answer.get("status-code")) == "201":
                receipt = Receipt(tag=one.tag, id=job)
                answers.append(receipt)
                self._names.add(receipt)
            elif is_passing(said):
                passing = said
                self._names.never(one.tag)
            else:
                self._names.never(one.tag)
                answers.append(Refusal(tag=one.tag, reason=reason("site_refused", site=self.name, text=said)))
        if not self.settings.network:
            answers = self._bring(answers, {one.tag: one for one in handovers})
        if passing and not answers:
            raise self._rest.unavailable(f"it takes no jobs now: {passing}")
        if passing:
            logger.warning("site takes no more", site=self.name, why=passing)
        return answers

    def _bring(self, answers: list[Receipt | Refusal], handovers: Mapping[str, Handover]) -> list[Receipt | Refusal]:
        """Upload what these need; those that did not get it are left out, and are in doubt."""
        done: list[Receipt | Refusal] = []
        for answer in answers:
            if isinstance(answer, Receipt):
                try:
                    self._staging.bring(answer.id, handovers[answer.tag])
                except SiteUnavailable as error:
                    logger.warning("inputs are not there", site=self.name, tag=answer.tag, why=str(error))
                    continue
            done.append(answer)
        return done

    # ---- looking

    def _ask(self, action: str, receipts: Sequence[Receipt]) -> list[Mapping[str, object]]:
        """The answers about all but those that are forgotten here."""
        asked = [one.id for one in receipts if not self._names.is_forgotten(one.id)]
        return list(self._rest.each(action, asked)) if asked else []

    def _activities(self, jobs: Sequence[str]) -> dict[str, Activity]:
        found = {}
        for answer in self._rest.each("info", [one for one in jobs if not self._names.is_forgotten(one)]):
            activity = activity_of(answer)
            if activity is not None:
                found[str(answer.get("id"))] = activity
        return found

    def _not_shown(self, receipt: Receipt, *, sure: bool) -> Sighting:
        """`sure`: A-REX says that it has no such job, and not that it could not look."""
        now = self._clock()
        since = self._unseen.setdefault(receipt.id, now) if sure else now
        gone = self._names.is_forgotten(receipt.id) or (sure and now - since >= self.settings.unseen_seconds)
        return Sighting(tag=receipt.tag, phase=Phase.GONE if gone else Phase.NOT_YET_VISIBLE, time=now)

    def _ended(self, receipt: Receipt, state: str, activity: Activity) -> Sighting:
        code = activity.exit_code
        self._codes[receipt.id] = code
        cancelled = state == "KILLED"
        text = "" if cancelled else why(state, activity, lambda: self._failure(receipt.id))
        code = 0 if code == LEFT_EVENTS else code
        return Sighting(
            tag=receipt.tag,
            phase=Phase.ENDED,
            time=activity.end or self._clock(),
            node=activity.node,
            exit_code=None if cancelled or code in BROKEN else code,
            cancelled=cancelled,
            reason=reason("killed_at_site", site=self.name, text=text) if text else None,
        )

    def _failure(self, job: str) -> str:
        return (self._rest.file(job, "diagnose/failed", 2000) or b"").decode("utf-8", "replace")

    def _left(self, receipt: Receipt) -> Leftover:
        if self._codes.get(receipt.id) == 0:
            return Leftover(tag=receipt.tag)
        left = self._rest.file(receipt.id, "session/left", _MOST_LEFT) or b""
        log = self._rest.file(receipt.id, "session/log", _MOST_LOG) or b""
        lines = left.decode("utf-8", "replace").splitlines()
        return Leftover(
            tag=receipt.tag,
            events=tuple(lines),
            log=log.decode("utf-8", "replace"),
            outputs=self._staging.outputs(receipt),
        )


def _is_well(answer: Mapping[str, object]) -> bool:
    return str(answer.get("status-code")) in ("200", "202")
