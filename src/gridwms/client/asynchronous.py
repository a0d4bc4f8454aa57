"""The client for asyncio: the same methods as `Client`, to be awaited."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TypeVar

from gridwms.client import answers, calls
from gridwms.client.delegating import own_credential, signed
from gridwms.client.errors import ClientError, NotInState, ServiceBusy, ServiceUnreachable
from gridwms.client.events import CaughtUp, StreamReader
from gridwms.client.files import CHUNK, arriving, node_directory
from gridwms.client.filters import Filter
from gridwms.client.find import Address, find_all, key_at, keys_at
from gridwms.client.following import Following, Until, over
from gridwms.client.pack import packed
from gridwms.client.patience import Patience
from gridwms.client.submission import (
    Asked,
    Description,
    Source,
    Submission,
    accepted,
    batch_keys,
    batches,
    find_inputs,
    read,
    refused,
)
from gridwms.client.synchronous import PEEK_BYTES, PEEK_WAIT, SENDERS
from gridwms.client.transport import AsyncTransport
from gridwms.publication.facts import Facts

T = TypeVar("T")


class AsyncClient:
    """A gridwms service, for asyncio. See `gridwms.client.synchronous.Client` for what the methods do."""

    def __init__(self, service: str = "", *, address: Address | None = None) -> None:
        self._transport = AsyncTransport([address] if address else find_all(service))

    @property
    def url(self) -> str:
        """The address of the service."""
        return self._transport.url

    async def close(self) -> None:
        """Give the connections back."""
        await self._transport.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def service(self) -> answers.Service:
        """Who answers, and who you are to it."""
        return await self._transport.run(calls.service())

    async def publication(self) -> Facts:
        """What information systems are to be told of the service."""
        return await self._transport.run(calls.publication())

    async def me(self) -> answers.Caller:
        """Who the caller is to the service."""
        return await self._transport.run(calls.me())

    async def delegation(self, name: str) -> list[answers.Delegation]:
        """The credentials under one name of the caller's: a proxy, a token, or both."""
        return await self._transport.run(calls.delegation(name))

    async def delegations(self, *, owner: str = "") -> list[answers.Delegation]:
        """The caller's delegations; or another's, or everybody's (`*`)."""
        return await self._transport.run(calls.delegations(owner))

    async def delegate(
        self, name: str = "", *, proxy: Path | None = None, seconds: float = 43200.0, myproxy: str | None = None
    ) -> answers.Delegation:
        """Let the service act with a proxy of the caller's own (`proxy`: its file; else X509_USER_PROXY).

        `myproxy`: the server from which it is to be renewed; "": none; None: as before.

        The key is made there and stays there; the request for it is signed here. Raises a ClientError.
        """
        credential = own_credential(proxy)
        called, request = await self._transport.run(calls.request_delegation(name))
        return await self._transport.run(calls.put_delegation(called, signed(request, credential, seconds), myproxy))

    async def delegate_token(
        self, name: str, access: str, *, refresh: str = "", program: str = ""
    ) -> answers.Delegation:
        """Let jobs carry a token; with `refresh`, given out to `program`, the service gets new ones by itself."""
        return await self._transport.run(calls.put_token(name, access, refresh, program))

    async def remove_delegation(self, name: str) -> None:
        """Let the service forget one, key and all."""
        await self._transport.run(calls.remove_delegation(name))

    async def quotas(self, *, owner: str = "") -> list[answers.Quota]:
        """What one has at the service, and may have; or another, or everybody (`*`)."""
        return await self._transport.run(calls.quotas(owner))

    async def bans(self) -> list[answers.Ban]:
        """Who is banned. For operators."""
        return await self._transport.run(calls.bans())

    async def ban(self, kind: str, name: str, *, reason: str = "", ends: float | None = None) -> answers.Ban:
        """Ban a user, a VO or a group, for ever or until a time. For operators."""
        return await self._transport.run(calls.ban(kind, name, reason, ends))

    async def lift_ban(self, kind: str, name: str) -> list[answers.Ban]:
        """Lift a ban; those that remain. For operators."""
        return await self._transport.run(calls.lift_ban(kind, name))

    async def policy(self) -> answers.Policy:
        """The rules of who may do what. For operators."""
        return await self._transport.run(calls.policy())

    async def add_rule(
        self,
        who: Mapping[str, Sequence[str]],
        *,
        allow: Sequence[str] = (),
        deny: Sequence[str] = (),
        of_vo: Sequence[str] = (),
        note: str = "",
    ) -> answers.Policy:
        """Add a rule: `who` are patterns by user, dn, fqan, group, role, vo, issuer or by. For operators."""
        return await self._transport.run(calls.add_rule(who, allow, deny, of_vo, note))

    async def remove_rules(self, who: Mapping[str, Sequence[str]]) -> answers.Policy:
        """Remove the rules that are about exactly these. For operators."""
        return await self._transport.run(calls.remove_rules(who))

    async def map_user(self, row: answers.MapRow) -> answers.Policy:
        """Say who a certificate or a token is there. For operators."""
        return await self._transport.run(calls.change_map(row, remove=False))

    async def unmap_user(self, row: answers.MapRow) -> answers.Policy:
        """Take that back. For operators."""
        return await self._transport.run(calls.change_map(row, remove=True))

    async def try_out(
        self, name: str, *, issuer: str = "", vo: str = "", groups: Sequence[str] = ()
    ) -> answers.Somebody:
        """Who somebody would be there, and what he might do. For operators."""
        return await self._transport.run(calls.try_out(name, issuer, vo, groups))

    async def shares(self) -> list[answers.Share]:
        """How VOs, groups and users stand: what they are entitled to, have had, hold and wait for."""
        return await self._transport.run(calls.shares())

    # handing in

    async def submit(
        self,
        sources: Sequence[Source],
        *,
        key: str = "",
        priority: int | None = None,
        delegation: str | None = None,
    ) -> list[Submission]:
        """Submit descriptions: one answer each, in order."""
        descriptions = await asyncio.to_thread(lambda: [read(source) for source in sources])
        done: list[Submission] = []
        for batch, batch_key in zip(batches(descriptions), batch_keys(key), strict=False):
            with TemporaryDirectory(prefix="gridwms-") as place:
                ready = await asyncio.to_thread(packed, batch, Path(place))
                done += await self._submit(ready, batch_key, (priority, delegation), keep=bool(key))
        return done

    async def _submit(self, batch: Sequence[Description], key: str, asked: Asked, *, keep: bool) -> list[Submission]:
        register = calls.register([(one.text, one.dialect) for one in batch], key, *asked)
        registered = await _patiently(lambda: self._transport.run(register))
        pairs = list(zip(batch, registered, strict=True))
        senders = asyncio.Semaphore(SENDERS)
        errors = await asyncio.gather(*(self._send_inputs(senders, *pair, keep=keep) for pair in pairs))
        ready = [a.key for (_, a), error in zip(pairs, errors, strict=True) if a.key and a.uploads and error is None]
        if ready:
            await _patiently(lambda: self._transport.run(calls.start(ready)), met=True)
        return [
            accepted(description, answer, error) if answer.key else refused(description, answer)
            for (description, answer), error in zip(pairs, errors, strict=True)
        ]

    async def _send_inputs(
        self, senders: asyncio.Semaphore, description: Description, answer: answers.Registered, *, keep: bool
    ) -> ClientError | None:
        try:
            for upload, path in find_inputs(description, answer.uploads):
                async with senders:
                    await _patiently(
                        partial(self._send, calls.input_path(upload.key or answer.key, upload.index), path), met=True
                    )
        except ClientError as error:
            if not keep:
                with contextlib.suppress(ClientError):
                    await self.cancel([answer.key])
            return error
        return None

    async def _send(self, where: str, path: Path) -> None:
        await self._transport.send(where, _chunks(path), path.stat().st_size)

    async def check(self, source: Source) -> answers.Checked:
        """What is wrong with a description, and whether it could run now; nothing is submitted."""
        description = read(source)
        found = await self._transport.run(calls.check(description.text, description.dialect))
        return replace(found, problems=description.placed(found.problems))

    async def match(self, source: Source) -> answers.Match:
        """Where a description could run now; nothing is submitted."""
        description = read(source)
        found = await self._transport.run(calls.match(description.text, description.dialect))
        return replace(found, problems=description.placed(found.problems))

    # looking

    async def status(self, jobs: Sequence[str]) -> list[answers.Job | ClientError]:
        """These jobs as they are now, in order."""
        return await self._each(calls.status, jobs)

    async def job(self, job: str) -> answers.Job:
        """One job as it is now."""
        [found] = await self.status([job])
        if isinstance(found, ClientError):
            raise found
        return found

    async def jobs(self, *, owner: str = "", states: Sequence[str] = (), limit: int = 0) -> AsyncIterator[answers.Job]:
        """Jobs of the caller, newest first; all when `limit` is 0."""
        after, left = "", limit or float("inf")
        while left > 0:
            size = int(min(left, calls.BATCH))
            page = await self._transport.run(calls.list_jobs(owner=owner, states=states, after=after, limit=size))
            for job in page.jobs:
                yield job
            left, after = left - len(page.jobs), page.next
            if not after:
                return

    async def nodes(
        self, job: str, *, states: Sequence[str] = (), failed: bool = False, limit: int = 0, archived: bool = False
    ) -> AsyncIterator[answers.Job]:
        """The nodes of a compound in their order; all when `limit` is 0."""
        key, after, left = self._key(job), "", limit or float("inf")
        while left > 0:
            size = int(min(left, calls.BATCH))
            page = await self._transport.run(
                calls.nodes(key, states=states, failed=failed, after=after, limit=size, archived=archived)
            )
            for node in page.jobs:
                yield node
            left, after = left - len(page.jobs), page.next
            if not after:
                return

    async def history(self, job: str, *, archived: bool = False) -> list[answers.Event]:
        """Everything that happened to a job, in order. `archived`: to one of the archive."""
        return await self._transport.run(calls.history(self._key(job), archived=archived))

    async def archived(self, job: str) -> answers.Job:
        """A job that was moved to the archive, as it was then. Raises NotFound."""
        return await self._transport.run(calls.archived(self._key(job)))

    async def why(self, job: str) -> answers.Why:
        """Why a job is where it is."""
        return await self._transport.run(calls.why(self._key(job)))

    # sites

    async def sites(self) -> list[answers.Site]:
        """The sites of the service: how they are, and whether they get new jobs."""
        return await self._transport.run(calls.sites())

    async def site(self, name: str) -> answers.Site:
        """A site with its computing elements: which of them are left alone, and what was measured of each."""
        return await self._transport.run(calls.site(name))

    async def release(self, name: str) -> int:
        """Believe a computing element again, or all those of a site; how many were not. For operators."""
        return await self._transport.run(calls.release(name))

    async def drain_site(
        self, site: str, *, reason: str = "", begins: float | None = None, ends: float | None = None
    ) -> answers.Site:
        """Give a site no new jobs, from `begins` (now) until `ends` (until it is resumed). For operators."""
        return await self._transport.run(calls.drain_site(site, reason, begins, ends))

    async def resume_site(self, site: str) -> answers.Site:
        """Take back all drains and downtimes of a site, and forget its failures. For operators."""
        return await self._transport.run(calls.resume_site(site))

    async def sources(self) -> list[answers.Source]:
        """The information sources of the service, and how they are doing."""
        return await self._transport.run(calls.sources())

    async def source(self, name: str) -> answers.Source:
        """One of them, with its entries."""
        return await self._transport.run(calls.source(name))

    async def refresh_source(self, name: str) -> answers.Source:
        """Let the service ask a source now. For operators."""
        return await self._transport.run(calls.source(name, "refresh"))

    async def test_source(self, name: str) -> answers.Trial:
        """Let the service ask a source without taking anything in. For operators."""
        return await self._transport.run(calls.test_source(name))

    # waiting

    async def wait(
        self, jobs: Sequence[str], *, until: Until = over, timeout: float | None = None
    ) -> list[answers.Job]:
        """Wait until `until` holds for each job; the jobs as they are then, in order. Raises TimedOut."""
        last: dict[str, answers.Job] = {}
        following = Following(set(self._keys(jobs)), until)
        try:
            async with asyncio.timeout(timeout):
                async for job in self._watch(following):
                    last[job.key] = job
        except TimeoutError:
            following.still_time(0.0)
        return [last[key] for key in self._keys(jobs)]

    async def watch(self, jobs: Sequence[str], *, until: Until = over) -> AsyncIterator[answers.Job]:
        """The jobs as they are now, then each change, until `until` holds for all."""
        async for job in self._watch(Following(set(self._keys(jobs)), until)):
            yield job

    async def _watch(self, following: Following) -> AsyncIterator[answers.Job]:
        reader = StreamReader()
        pause, began = 0.1, time.monotonic()
        while following.keys:
            try:
                async for job in self._listen(following, reader):
                    pause = 0.1
                    yield job
            except ServiceUnreachable:
                if not following.jobs:
                    raise
                following.reconnected()
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0, 0.1 + time.monotonic() - began)

    async def events(self, wanted: Filter | None = None, *, after: str = "") -> AsyncIterator[answers.Event]:
        """Events as they happen, each once, without end. Survives a restart of the service, and misses nothing."""
        params = (wanted or Filter()).values(self.url)
        reader = StreamReader(after)
        pause, met = 0.1, False
        while True:
            reader.restart()
            try:
                async with self._transport.lines(calls.EVENTS, params | {"after": [reader.cursor]}) as lines:
                    met = True
                    async for line in lines:
                        news = reader.feed(line)
                        pause = 0.1
                        if isinstance(news, answers.Event):
                            yield news
            except (ServiceUnreachable, ServiceBusy):
                if not met:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)

    async def _listen(self, following: Following, reader: StreamReader) -> AsyncIterator[answers.Job]:
        reader.restart()
        params = calls.events_of(following.keys, reader.cursor)
        async with self._transport.lines(calls.EVENTS, params) as lines:
            async for line in lines:
                news = reader.feed(line)
                if isinstance(news, CaughtUp):
                    for job in following.seen(await self._all_found(following.look())):
                        yield job
                    if not following.keys:
                        return
                elif news is not None:
                    following.heard(news)
        following.reconnected()

    async def _all_found(self, keys: Sequence[str]) -> list[answers.Job]:
        found = await self._each(calls.status, keys)
        for job in found:
            if isinstance(job, ClientError):
                raise job
        return [job for job in found if isinstance(job, answers.Job)]

    async def purge_old(
        self, older: float, *, states: Sequence[str] = (), owner: str = "", dry_run: bool = False
    ) -> AsyncIterator[answers.OldJob]:
        """Purge jobs that have been as they are for `older` seconds, the oldest first; these.

        `dry_run`: only the first some hundreds are told, and nothing happens to them.
        """
        while True:
            some = await self._transport.run(calls.purge_old(older, states, owner, dry_run))
            for job in some.jobs:
                yield job
            if dry_run or not some.more:
                return

    # subscriptions

    async def subscribe(
        self, target: str, wanted: Filter | None = None, *, days: float = 0, every: float = 0, after: str = ""
    ) -> answers.Subscription:
        """Have events sent to a URL or a mail address; `secret` of the answer signs what a webhook gets.

        `days`: how long (0: as long as usual); `every`: seconds between two deliveries at least; `after`: a cursor.
        """
        call = calls.subscribe(target, wanted or Filter(), self.url, days=days, every=every, after=after)
        return await self._transport.run(call)

    async def subscriptions(self, *, owner: str = "") -> list[answers.Subscription]:
        """One's own, or another's, or everybody's (`*`)."""
        return await self._transport.run(calls.subscriptions(owner))

    async def subscription(self, key: str) -> answers.Subscription:
        """One, with its health."""
        return await self._transport.run(calls.subscription(key))

    async def extend_subscription(self, key: str, *, days: float = 0) -> answers.Subscription:
        """Let it last so many days from now (0: as many as usual)."""
        return await self._transport.run(calls.subscription(key, "extend", {"days": days}))

    async def resume_subscription(self, key: str, *, skip: bool = False) -> answers.Subscription:
        """Try again at once; with `skip` what has happened so far is not told."""
        return await self._transport.run(calls.subscription(key, "resume", {"skip": skip}))

    async def test_subscription(self, key: str) -> str:
        """Send a delivery without events; why the target did not take it, "" when it did."""
        return await self._transport.run(calls.test_subscription(key))

    async def unsubscribe(self, key: str) -> None:
        """End it."""
        await self._transport.run(calls.unsubscribe(key))

    # files

    async def output_files(self, job: str) -> list[answers.OutputFile]:
        """What there is in the output sandbox."""
        return await self._transport.run(calls.output_files(self._key(job)))

    async def output(self, job: str, directory: Path, *, keep: bool = False) -> list[Path]:
        """Fetch the output sandbox into `directory`; the files. Then it is given up at the service, unless `keep`.

        Of a compound the output of each node that has ended goes into a directory named after the node.
        """
        key = self._key(job)
        fetched = [key]
        try:
            paths = await self._fetch(key, directory)
        except NotInState as error:
            if error.code != calls.COMPOUND:
                raise
            ended = [node async for node in self.nodes(key, states=calls.ENDED) if node.attempt]
            paths = [path for node in ended for path in await self._fetch(node.key, node_directory(directory, node))]
            fetched = [node.key for node in ended]
        if not keep:
            for answer in await self.clear(fetched):
                if isinstance(answer, ClientError):
                    raise answer
        return paths

    async def _fetch(self, key: str, directory: Path) -> list[Path]:
        paths = []
        for file in await self.output_files(key):
            with arriving(directory, file.name) as target:
                async with self._transport.fetch(calls.output_path(key, file.name)) as parts:
                    async for part in parts:
                        target.write(part)
            paths.append(directory / file.name)
        return paths

    async def peek(self, job: str, name: str, *, follow: bool = False) -> AsyncIterator[bytes]:
        """What a running job has written to a file so far; with `follow` also what comes."""
        key, offset = self._key(job), 0
        while True:
            part = await self._transport.run(calls.peek(key, name, offset, PEEK_BYTES, PEEK_WAIT if follow else 0.0))
            offset = part.next
            if part.data:
                yield part.data
            if part.finished or not (follow or part.data):
                return

    # ending

    async def cancel(self, jobs: Sequence[str]) -> list[answers.Ended | ClientError]:
        """Ask that these jobs end; one answer each, in order."""
        return await self._each(lambda keys: calls.end("cancel", keys), jobs)

    async def clear(self, jobs: Sequence[str]) -> list[answers.Ended | ClientError]:
        """Tell that the output of these jobs has been fetched, or is not wanted."""
        return await self._each(lambda keys: calls.end("clear", keys), jobs)

    async def prioritize(self, jobs: Sequence[str], priority: int) -> list[answers.Ended | ClientError]:
        """Put these jobs in another place among those of their owner: the highest priority goes first."""
        return await self._each(lambda keys: calls.prioritize(priority, keys), jobs)

    async def retry(self, jobs: Sequence[str]) -> list[answers.Ended | ClientError]:
        """Try jobs again that failed, were given up or cancelled; of a compound, its nodes that did."""
        return await self._each(lambda keys: calls.end("retry", keys), jobs)

    async def purge(self, jobs: Sequence[str]) -> list[answers.Ended | ClientError]:
        """Remove all files and the description of these jobs; the record remains."""
        return await self._each(lambda keys: calls.end("purge", keys), jobs)

    async def _each(
        self, make: Callable[[Sequence[str]], calls.Call[list[T | ClientError]]], jobs: Sequence[str]
    ) -> list[T | ClientError]:
        """Ask about many jobs, in batches, each at its service; an error in the place of one that has none."""
        found: dict[int, T | ClientError] = {}
        for places in self._transport.apart(jobs):
            self._transport.turn_to(jobs[places[0]])
            keys = keys_at([jobs[place] for place in places], self.url)
            good = [key for key in keys if isinstance(key, str)]
            parts = [good[first : first + calls.BATCH] for first in range(0, len(good), calls.BATCH)]
            told = iter([answer for part in parts for answer in await self._transport.run(make(part))])
            found |= {at: next(told) if isinstance(key, str) else key for at, key in zip(places, keys, strict=True)}
        return [found[place] for place in range(len(jobs))]

    def _key(self, job: str) -> str:
        self._transport.turn_to(job)
        return key_at(job, self.url)

    def _keys(self, jobs: Sequence[str]) -> list[str]:
        return [self._key(job) for job in jobs]


async def _patiently(ask: Callable[[], Awaitable[T]], *, met: bool = False) -> T:
    """Ask, and ask again while answers are lost; only for what may happen twice."""
    patience = Patience(time.monotonic, met)
    while True:
        try:
            return await ask()
        except ServiceUnreachable as error:
            await asyncio.sleep(patience.pause(error))


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
