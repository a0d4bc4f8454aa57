"""The synchronous client."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TypeVar

from gridwms.client import answers, calls
from gridwms.client.bookkeeping import Bookkeeping
from gridwms.client.console import Console
from gridwms.client.delegating import own_credential, signed
from gridwms.client.errors import ClientError, NotInState, ServiceBusy, ServiceUnreachable
from gridwms.client.events import CaughtUp, StreamReader
from gridwms.client.files import arriving, chunks, node_directory
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
from gridwms.client.transport import Transport
from gridwms.publication.facts import Facts

T = TypeVar("T")
Lost = Callable[[ClientError], None]
SENDERS = 8
"""Input files that are sent at the same time."""
PEEK_BYTES = 1 << 20
PEEK_WAIT = 15.0
"""Seconds the service may wait for a file to grow before it answers that it has not."""


class Client:
    """A gridwms service. `service`: its address; without one it is found as `gridwms.client.find` says.

    Jobs are named by id (URL) or key. Every method raises a ClientError; methods that take several jobs put the
    error of one job into its place instead, so that one wrong id harms no other.
    """

    def __init__(self, service: str = "", *, address: Address | None = None) -> None:
        self._transport = Transport([address] if address else find_all(service))

    @property
    def url(self) -> str:
        """The address of the service."""
        return self._transport.url

    @property
    def bookkeeping(self) -> Bookkeeping:
        """Tags, access lists, events and questions in the words of L&B."""
        return Bookkeeping(self._transport, self.url)

    def close(self) -> None:
        """Give the connections back."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def service(self) -> answers.Service:
        """Who answers, and who you are to it."""
        return self._transport.run(calls.service())

    def publication(self) -> Facts:
        """What information systems are to be told of the service."""
        return self._transport.run(calls.publication())

    def me(self) -> answers.Caller:
        """Who the caller is to the service."""
        return self._transport.run(calls.me())

    def delegations(self, *, owner: str = "") -> list[answers.Delegation]:
        """The caller's delegations; or another's, or everybody's (`*`)."""
        return self._transport.run(calls.delegations(owner))

    def delegation(self, name: str) -> list[answers.Delegation]:
        """The credentials under one name of the caller's: a proxy, a token, or both."""
        return self._transport.run(calls.delegation(name))

    def delegate(
        self, name: str = "", *, proxy: Path | None = None, seconds: float = 43200.0, myproxy: str | None = None
    ) -> answers.Delegation:
        """Let the service act with a proxy of the caller's own (`proxy`: its file; else X509_USER_PROXY).

        `myproxy`: the server from which it is to be renewed; "": none; None: as before.

        The key is made there and stays there; the request for it is signed here. Raises a ClientError.
        """
        credential = own_credential(proxy)
        called, request = self._transport.run(calls.request_delegation(name))
        return self._transport.run(calls.put_delegation(called, signed(request, credential, seconds), myproxy))

    def delegate_token(self, name: str, access: str, *, refresh: str = "", program: str = "") -> answers.Delegation:
        """Let jobs carry a token; with `refresh`, given out to `program`, the service gets new ones by itself."""
        return self._transport.run(calls.put_token(name, access, refresh, program))

    def remove_delegation(self, name: str) -> None:
        """Let the service forget one, key and all."""
        self._transport.run(calls.remove_delegation(name))

    def quotas(self, *, owner: str = "") -> list[answers.Quota]:
        """What one has at the service, and may have; or another, or everybody (`*`)."""
        return self._transport.run(calls.quotas(owner))

    def bans(self) -> list[answers.Ban]:
        """Who is banned. For operators."""
        return self._transport.run(calls.bans())

    def ban(self, kind: str, name: str, *, reason: str = "", ends: float | None = None) -> answers.Ban:
        """Ban a user, a VO or a group, for ever or until a time. For operators."""
        return self._transport.run(calls.ban(kind, name, reason, ends))

    def lift_ban(self, kind: str, name: str) -> list[answers.Ban]:
        """Lift a ban; those that remain. For operators."""
        return self._transport.run(calls.lift_ban(kind, name))

    def policy(self) -> answers.Policy:
        """The rules of who may do what. For operators."""
        return self._transport.run(calls.policy())

    def add_rule(
        self,
        who: Mapping[str, Sequence[str]],
        *,
        allow: Sequence[str] = (),
        deny: Sequence[str] = (),
        of_vo: Sequence[str] = (),
        note: str = "",
    ) -> answers.Policy:
        """Add a rule: `who` are patterns by user, dn, fqan, group, role, vo, issuer or by. For operators."""
        return self._transport.run(calls.add_rule(who, allow, deny, of_vo, note))

    def remove_rules(self, who: Mapping[str, Sequence[str]]) -> answers.Policy:
        """Remove the rules that are about exactly these. For operators."""
        return self._transport.run(calls.remove_rules(who))

    def map_user(self, row: answers.MapRow) -> answers.Policy:
        """Say who a certificate or a token is there. For operators."""
        return self._transport.run(calls.change_map(row, remove=False))

    def unmap_user(self, row: answers.MapRow) -> answers.Policy:
        """Take that back. For operators."""
        return self._transport.run(calls.change_map(row, remove=True))

    def try_out(self, name: str, *, issuer: str = "", vo: str = "", groups: Sequence[str] = ()) -> answers.Somebody:
        """Who somebody would be there, and what he might do. For operators."""
        return self._transport.run(calls.try_out(name, issuer, vo, groups))

    def shares(self) -> list[answers.Share]:
        """How VOs, groups and users stand: what they are entitled to, have had, hold and wait for."""
        return self._transport.run(calls.shares())

    # handing in

    def submit(
        self,
        sources: Sequence[Source],
        *,
        key: str = "",
        priority: int | None = None,
        delegation: str | None = None,
        each: Callable[[Submission], None] | None = None,
    ) -> list[Submission]:
        """Submit descriptions: one answer each, in order. Input sandboxes are sent, then the jobs start.

        `priority`: among the jobs of their owner, in the place of what the descriptions say. `delegation`: whose
        credentials they carry; None: of the caller's subject and groups, if there is one; "": none. `each` is called as
        soon as a description has its answer. A lost answer is asked for again: with the same `key` (made here when none
        is given) and contents the service makes no second jobs. A job whose input cannot be sent is cancelled; with a
        `key` of yours it is left, to be completed by submitting again with that key.
        """
        done: list[Submission] = []
        for batch, batch_key in zip(batches([read(source) for source in sources]), batch_keys(key), strict=False):
            with TemporaryDirectory(prefix="gridwms-") as place:
                answers = self._submit(packed(batch, Path(place)), batch_key, (priority, delegation), keep=bool(key))
            for submission in answers:
                done.append(submission)
                if each:
                    each(submission)
        return done

    def _submit(self, batch: Sequence[Description], key: str, asked: Asked, *, keep: bool) -> list[Submission]:
        register = calls.register([(one.text, one.dialect) for one in batch], key, *asked)
        registered = _patiently(lambda: self._transport.run(register))
        pairs = list(zip(batch, registered, strict=True))
        with ThreadPoolExecutor(SENDERS) as pool:
            errors = list(pool.map(lambda pair: self._send_inputs(*pair, keep=keep), pairs))
        ready = [a.key for (_, a), error in zip(pairs, errors, strict=True) if a.key and a.uploads and error is None]
        if ready:
            _patiently(lambda: self._transport.run(calls.start(ready)), met=True)
        return [
            accepted(description, answer, error) if answer.key else refused(description, answer)
            for (description, answer), error in zip(pairs, errors, strict=True)
        ]

    def _send_inputs(self, description: Description, answer: answers.Registered, *, keep: bool) -> ClientError | None:
        try:
            for upload, path in find_inputs(description, answer.uploads):
                _patiently(
                    partial(self._send, calls.input_path(upload.key or answer.key, upload.index), path), met=True
                )
        except ClientError as error:
            if not keep:
                with contextlib.suppress(ClientError):
                    self.cancel([answer.key])
            return error
        return None

    def _send(self, where: str, path: Path) -> None:
        with path.open("rb") as file:
            self._transport.send(where, chunks(file), path.stat().st_size)

    def check(self, source: Source) -> answers.Checked:
        """What is wrong with a description, and whether it could run now; nothing is submitted."""
        description = read(source)
        found = self._transport.run(calls.check(description.text, description.dialect))
        return replace(found, problems=description.placed(found.problems))

    def match(self, source: Source) -> answers.Match:
        """Where a description could run now; nothing is submitted."""
        description = read(source)
        found = self._transport.run(calls.match(description.text, description.dialect))
        return replace(found, problems=description.placed(found.problems))

    # looking

    def status(self, jobs: Sequence[str]) -> list[answers.Job | ClientError]:
        """These jobs as they are now, in order."""
        return self._each(calls.status, jobs)

    def job(self, job: str) -> answers.Job:
        """One job as it is now."""
        [found] = self.status([job])
        if isinstance(found, ClientError):
            raise found
        return found

    def jobs(self, *, owner: str = "", states: Sequence[str] = (), limit: int = 0) -> Iterator[answers.Job]:
        """Jobs of the caller (or of another `owner`; `*`: everybody's), newest first; all when `limit` is 0."""
        after, left = "", limit or float("inf")
        while left > 0:
            size = int(min(left, calls.BATCH))
            page = self._transport.run(calls.list_jobs(owner=owner, states=states, after=after, limit=size))
            yield from page.jobs
            left, after = left - len(page.jobs), page.next
            if not after:
                return

    def nodes(
        self, job: str, *, states: Sequence[str] = (), failed: bool = False, limit: int = 0, archived: bool = False
    ) -> Iterator[answers.Job]:
        """The nodes of a compound in their order; all when `limit` is 0.

        `failed`: only those that failed, were given up or cancelled.
        """
        key, after, left = self._key(job), "", limit or float("inf")
        while left > 0:
            size = int(min(left, calls.BATCH))
            page = self._transport.run(
                calls.nodes(key, states=states, failed=failed, after=after, limit=size, archived=archived)
            )
            yield from page.jobs
            left, after = left - len(page.jobs), page.next
            if not after:
                return

    def history(self, job: str, *, archived: bool = False) -> list[answers.Event]:
        """Everything that happened to a job, in order. `archived`: to one of the archive."""
        return self._transport.run(calls.history(self._key(job), archived=archived))

    def archived(self, job: str) -> answers.Job:
        """A job that was moved to the archive, as it was then. Raises NotFound."""
        return self._transport.run(calls.archived(self._key(job)))

    def why(self, job: str) -> answers.Why:
        """Why a job is where it is."""
        return self._transport.run(calls.why(self._key(job)))

    # sites

    def sites(self) -> list[answers.Site]:
        """The sites of the service: how they are, and whether they get new jobs."""
        return self._transport.run(calls.sites())

    def site(self, name: str) -> answers.Site:
        """A site with its computing elements: which of them are left alone, and what was measured of each."""
        return self._transport.run(calls.site(name))

    def release(self, name: str) -> int:
        """Believe a computing element again, or all those of a site; how many were not. For operators."""
        return self._transport.run(calls.release(name))

    def drain_site(
        self, site: str, *, reason: str = "", begins: float | None = None, ends: float | None = None
    ) -> answers.Site:
        """Give a site no new jobs, from `begins` (now) until `ends` (until it is resumed). For operators."""
        return self._transport.run(calls.drain_site(site, reason, begins, ends))

    def resume_site(self, site: str) -> answers.Site:
        """Take back all drains and downtimes of a site, and forget its failures. For operators."""
        return self._transport.run(calls.resume_site(site))

    def sources(self) -> list[answers.Source]:
        """The information sources of the service, and how they are doing."""
        return self._transport.run(calls.sources())

    def source(self, name: str) -> answers.Source:
        """One of them, with its entries."""
        return self._transport.run(calls.source(name))

    def refresh_source(self, name: str) -> answers.Source:
        """Let the service ask a source now. For operators."""
        return self._transport.run(calls.source(name, "refresh"))

    def test_source(self, name: str) -> answers.Trial:
        """Let the service ask a source without taking anything in. For operators."""
        return self._transport.run(calls.test_source(name))

    # waiting

    def wait(self, jobs: Sequence[str], *, until: Until = over, timeout: float | None = None) -> list[answers.Job]:
        """Wait until `until` holds for each job (by default: it is over); the jobs as they are then, in order.

        `timeout` in seconds; TimedOut is raised after it.
        """
        last = {job.key: job for job in self.watch(jobs, until=until, timeout=timeout)}
        return [last[key] for key in self._keys(jobs)]

    def watch(
        self, jobs: Sequence[str], *, until: Until = over, timeout: float | None = None, lost: Lost | None = None
    ) -> Iterator[answers.Job]:
        """The jobs as they are now, then each change, until `until` holds for all. Survives a restart of the service:
        `lost` is called once each time that it stops answering.

        `timeout` in seconds; TimedOut is raised after it.
        """
        following = Following(set(self._keys(jobs)), until)
        reader = StreamReader()
        end = None if timeout is None else time.monotonic() + timeout
        pause = 0.1
        while following.keys:
            try:
                for job in self._listen(following, reader, end):
                    pause = 0.1
                    yield job
            except ServiceUnreachable as error:
                following.still_time(_left(end))
                if not following.jobs:
                    raise
                if lost and pause == 0.1:
                    lost(error)
                following.reconnected()
                # The only place that waits by the clock: there is no service that could tell when it is back.
                time.sleep(pause)
                pause = min(pause * 2, 5.0)

    def events(
        self, wanted: Filter | None = None, *, after: str = "", lost: Lost | None = None
    ) -> Iterator[answers.Event]:
        """Events as they happen, each once, without end. Survives a restart of the service, and misses nothing:
        `lost` is called once each time that it stops answering.

        `after`: the cursor of the last event that you have; without it from now on.
        """
        params = (wanted or Filter()).values(self.url)
        reader = StreamReader(after)
        pause, met, told = 0.1, False, False
        while True:
            reader.restart()
            try:
                with self._transport.lines(calls.EVENTS, params | {"after": [reader.cursor]}) as lines:
                    met = True
                    for line in lines:
                        news = reader.feed(line)
                        pause, told = 0.1, False
                        if isinstance(news, answers.Event):
                            yield news
            except (ServiceUnreachable, ServiceBusy) as error:
                if not met:
                    raise
                if lost and not told:
                    told = True
                    lost(error)
            time.sleep(pause)
            pause = min(pause * 2, 5.0)

    def _listen(self, following: Following, reader: StreamReader, end: float | None) -> Iterator[answers.Job]:
        reader.restart()
        params = calls.events_of(following.keys, reader.cursor)
        left = _left(end)
        with self._transport.lines(calls.EVENTS, params, None if left is None else max(0.1, left)) as lines:
            for line in lines:
                following.still_time(_left(end))
                news = reader.feed(line)
                if isinstance(news, CaughtUp):
                    yield from following.seen(self._all_found(following.look()))
                    if not following.keys:
                        return
                elif news is not None:
                    following.heard(news)
        following.reconnected()

    def _all_found(self, keys: Sequence[str]) -> list[answers.Job]:
        found = self._each(calls.status, keys)
        for job in found:
            if isinstance(job, ClientError):
                raise job
        return [job for job in found if isinstance(job, answers.Job)]

    def purge_old(
        self, older: float, *, states: Sequence[str] = (), owner: str = "", dry_run: bool = False
    ) -> Iterator[answers.OldJob]:
        """Purge jobs that have been as they are for `older` seconds, the oldest first; these.

        `dry_run`: only the first some hundreds are told, and nothing happens to them.
        """
        while True:
            some = self._transport.run(calls.purge_old(older, states, owner, dry_run))
            yield from some.jobs
            if dry_run or not some.more:
                return

    # subscriptions

    def subscribe(
        self, target: str, wanted: Filter | None = None, *, days: float = 0, every: float = 0, after: str = ""
    ) -> answers.Subscription:
        """Have events sent to a URL or a mail address; `secret` of the answer signs what a webhook gets.

        `days`: how long (0: as long as usual); `every`: seconds between two deliveries at least; `after`: a cursor.
        """
        call = calls.subscribe(target, wanted or Filter(), self.url, days=days, every=every, after=after)
        return self._transport.run(call)

    def subscriptions(self, *, owner: str = "") -> list[answers.Subscription]:
        """One's own, or another's, or everybody's (`*`)."""
        return self._transport.run(calls.subscriptions(owner))

    def subscription(self, key: str) -> answers.Subscription:
        """One, with its health."""
        return self._transport.run(calls.subscription(key))

    def extend_subscription(self, key: str, *, days: float = 0) -> answers.Subscription:
        """Let it last so many days from now (0: as many as usual)."""
        return self._transport.run(calls.subscription(key, "extend", {"days": days}))

    def resume_subscription(self, key: str, *, skip: bool = False) -> answers.Subscription:
        """Try again at once; with `skip` what has happened so far is not told."""
        return self._transport.run(calls.subscription(key, "resume", {"skip": skip}))

    def test_subscription(self, key: str) -> str:
        """Send a delivery without events; why the target did not take it, "" when it did."""
        return self._transport.run(calls.test_subscription(key))

    def unsubscribe(self, key: str) -> None:
        """End it."""
        self._transport.run(calls.unsubscribe(key))

    # files

    def output_files(self, job: str) -> list[answers.OutputFile]:
        """What there is in the output sandbox."""
        return self._transport.run(calls.output_files(self._key(job)))

    def output(self, job: str, directory: Path, *, keep: bool = False) -> list[Path]:
        """Fetch the output sandbox into `directory` (made when missing); the files.

        Each file appears whole. When all have arrived the service is told that it may remove them, unless `keep`. Of
        a compound the output of each node that has ended goes into a directory named after the node.
        """
        key = self._key(job)
        try:
            paths = self._fetch(key, directory)
        except NotInState as error:
            if error.code != calls.COMPOUND:
                raise
            return self._fetch_nodes(key, directory, keep)
        if not keep:
            self._one("clear", key)
        return paths

    def _fetch_nodes(self, key: str, directory: Path, keep: bool) -> list[Path]:
        paths, done = [], []
        for node in self.nodes(key, states=calls.ENDED):
            if node.attempt:
                paths += self._fetch(node.key, node_directory(directory, node))
                done.append(node.key)
        if not keep:
            self.clear(done)
        return paths

    def _fetch(self, key: str, directory: Path) -> list[Path]:
        paths = []
        for file in self.output_files(key):
            with (
                arriving(directory, file.name) as target,
                self._transport.fetch(calls.output_path(key, file.name)) as parts,
            ):
                for part in parts:
                    target.write(part)
            paths.append(directory / file.name)
        return paths

    def peek(self, job: str, name: str, *, follow: bool = False) -> Iterator[bytes]:
        """What a running job has written to a file so far; with `follow` also what comes, until the job ends."""
        key, offset = self._key(job), 0
        while True:
            part = self._transport.run(calls.peek(key, name, offset, PEEK_BYTES, PEEK_WAIT if follow else 0.0))
            offset = part.next
            if part.data:
                yield part.data
            if part.finished or not (follow or part.data):
                return

    def attach(self, job: str, *, mode: str = "write") -> Console:
        """A place at the console of an interactive job. `mode`: write (unless somebody does), take, watch."""
        return Console(self._transport, self._key(job), mode)

    # ending

    def cancel(self, jobs: Sequence[str]) -> list[answers.Ended | ClientError]:
        """Ask that these jobs end; one answer each, in order. Sites may take a while: see `wait`."""
        return self._each(lambda keys: calls.end("cancel", keys), jobs)

    def clear(self, jobs: Sequence[str]) -> list[answers.Ended | ClientError]:
        """Tell that the output of these jobs has been fetched, or is not wanted."""
        return self._each(lambda keys: calls.end("clear", keys), jobs)

    def prioritize(self, jobs: Sequence[str], priority: int) -> list[answers.Ended | ClientError]:
        """Put these jobs in another place among those of their owner: the highest priority goes first."""
        return self._each(lambda keys: calls.prioritize(priority, keys), jobs)

    def retry(self, jobs: Sequence[str]) -> list[answers.Ended | ClientError]:
        """Try jobs again that failed, were given up or cancelled; of a compound, its nodes that did."""
        return self._each(lambda keys: calls.end("retry", keys), jobs)

    def purge(self, jobs: Sequence[str]) -> list[answers.Ended | ClientError]:
        """Remove all files and the description of these jobs; the record remains."""
        return self._each(lambda keys: calls.end("purge", keys), jobs)

    def _one(self, verb: str, key: str) -> None:
        [answer] = self._transport.run(calls.end(verb, [key]))
        if isinstance(answer, ClientError):
            raise answer

    def _each(
        self, make: Callable[[Sequence[str]], calls.Call[list[T | ClientError]]], jobs: Sequence[str]
    ) -> list[T | ClientError]:
        """Ask about many jobs, in batches, each at its service; an error in the place of one that has none."""
        found: dict[int, T | ClientError] = {}
        for places in self._transport.apart(jobs):
            self._transport.turn_to(jobs[places[0]])
            keys = keys_at([jobs[place] for place in places], self.url)
            good = [key for key in keys if isinstance(key, str)]
            parts = [good[first : first + calls.BATCH] for first in range(0, len(good), calls.BATCH)]
            told = iter([answer for part in parts for answer in self._transport.run(make(part))])
            found |= {at: next(told) if isinstance(key, str) else key for at, key in zip(places, keys, strict=True)}
        return [found[place] for place in range(len(jobs))]

    def _key(self, job: str) -> str:
        self._transport.turn_to(job)
        return key_at(job, self.url)

    def _keys(self, jobs: Sequence[str]) -> list[str]:
        return [self._key(job) for job in jobs]


def _patiently(ask: Callable[[], T], *, met: bool = False) -> T:
    """Ask, and ask again while answers are lost; only for what may happen twice."""
    patience = Patience(time.monotonic, met)
    while True:
        try:
            return ask()
        except ServiceUnreachable as error:
            time.sleep(patience.pause(error))


def _left(end: float | None) -> float | None:
    return None if end is None else end - time.monotonic()
