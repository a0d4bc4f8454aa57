"""What users have delegated, for sites: found by attempt or by delegation, and brought to copies when it is renewed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gridwms.flow.credentials.carried import carried_by, credentials_of
from gridwms.flow.world import World
from gridwms.jobs.ids import parse_tag, tag_of
from gridwms.jobs.job import Job
from gridwms.sites.contract import Credentials, Receipt, Site
from gridwms.store import delegations
from gridwms.store import jobs as rows
from gridwms.store.delegations import Delegation


@dataclass(frozen=True, slots=True)
class ServiceWallet:
    """That of this service."""

    world: World

    def of_tags(self, tags: Sequence[str]) -> Mapping[str, Credentials]:
        """What the jobs of these attempts carry; those that carry none any more are left out."""
        keys = {tag: parse_tag(tag)[0] for tag in tags}
        stored = self.world.database.read(lambda connection: rows.load(connection, set(keys.values())))
        jobs = {tag: stored[key][1] for tag, key in keys.items() if key in stored}
        held = carried_by(self.world, list(jobs.values()))
        return {tag: held[pair] for tag, job in jobs.items() if (pair := (job.owner, job.delegation)) in held}

    def of_handle(self, handle: str) -> Credentials | None:
        """What a delegation holds; None: it has run out, or was taken back."""
        found = self.world.database.read(lambda connection: delegations.by_handle(connection, handle))
        return credentials_of(self.world, found)


class Bearer:
    """Brings renewed credentials to one site. It remembers what it brought; after a restart it brings all once more."""

    def __init__(self, world: World, site: Site) -> None:
        self._world, self._site = world, site
        self._brought: dict[tuple[str, str], int] = {}

    def bring(self) -> None:
        """Bring what is newer than what the site has. Raises SiteUnavailable."""
        renew = getattr(self._site, "renew", None)
        if renew is None or not getattr(self._site, "carries", False):
            return
        serials = self._world.database.read(lambda c: delegations.at_site(c, self._site.name))
        self._brought = {pair: serial for pair, serial in self._brought.items() if pair in serials}
        for pair, serial in serials.items():
            if self._brought.get(pair) == serial:
                continue
            held, receipts = self._there(pair)
            credentials = credentials_of(self._world, held)
            if credentials is not None and receipts:
                renew(receipts, credentials)
            self._brought[pair] = serial

    def _there(self, pair: tuple[str, str]) -> tuple[list[Delegation], list[Receipt]]:
        """A delegation, and the attempts there that go with it."""

        def read(connection: Connection) -> tuple[list[Delegation], list[Job]]:
            numbers = delegations.jobs_at(connection, self._site.name, *pair)
            jobs = [job for _number, job in rows.load_numbers(connection, numbers).values()]
            return delegations.named(connection, *pair), jobs

        held, jobs = self._world.database.read(read)
        receipts = [
            Receipt(tag=tag_of(job.key, job.current.number), id=job.current.receipt)
            for job in jobs
            if job.current is not None and job.current.receipt is not None
        ]
        return held, receipts
