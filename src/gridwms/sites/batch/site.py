"""A batch system as a site: attempts go there as arrays, and are found again by a directory of ours at the site.

Exactly once: a batch is uploaded whole, then submitted under its own name, then its id is written beside it. When that
is cut off anywhere, `find` asks the batch system for the name; a batch that it does not have is taken back by claiming
the start of each of its attempts, so that a submission which should still come through starts nothing.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO
from urllib.parse import unquote

import structlog

from gridwms.classad import ClassAd, evaluate_attribute
from gridwms.jobs.reasons import reason
from gridwms.sites.batch.dialect import BatchSettings, Dialect, Need, State
from gridwms.sites.batch.glue import ce_prefix
from gridwms.sites.batch.hints import hinted
from gridwms.sites.batch.lines import Key, Told, parts_of, rows, state_of, told_by
from gridwms.sites.batch.spool import (
    TAG,
    Batch,
    Place,
    batch_name,
    pack,
    pack_credentials,
    place_of,
    receipt_of,
    script,
)
from gridwms.sites.contract import Credentials, Handover, Leftover, Phase, Receipt, Refusal, Sighting, SiteUnavailable
from gridwms.sites.link import TokenRequest, WorkerLink
from gridwms.sites.shell import Shell

logger = structlog.get_logger(__name__)

_OVER = frozenset({Phase.ENDED, Phase.GONE})
_ANSWER = 75.0
"""Seconds within which one that lives gives a sign: it looks every 15, on a file system that may cache for 60."""
_KILLED = 137
_NODES = 60.0
"""Seconds after which the nodes are asked about again."""
_STARTED_ANEW = "the batch system was started anew on its worker node, and it does not run there any more"
_LINGER = 10.0
"""Seconds that a batch system gets to notice that a task has ended; then it is told."""
_NO_SCRATCH = 98
"""What scripts/task.sh ends with when it cannot work in the directory of the worker node that is configured."""
_LONGEST = 300
"""Letters of what a batch system says of why one waits."""


@dataclass(slots=True)
class _Sent:
    """What became of one call: `known`, by tag, are there already (None: in doubt), and then nothing was sent."""

    known: dict[str, Receipt | None] = field(default_factory=dict)
    answers: list[Receipt | Refusal] = field(default_factory=list)


class BatchSite:
    """Driven through `shell` in the words of `dialect`. `fetched`: an own folder here for output that is brought from
    there. `link`: to the service, for wrappers that cannot speak to it themselves."""

    def __init__(
        self,
        settings: BatchSettings,
        dialect: Dialect,
        shell: Shell,
        clock: Callable[[], float] = time.time,
        fetched: Path | None = None,
    ) -> None:
        self.name = settings.name
        self.settings = settings
        self._dialect = dialect
        self._shell = shell
        self._clock = clock
        self._fetched = fetched
        self.link: WorkerLink | None = None
        self._unseen: dict[str, float] = {}
        """Since when an attempt that should be there is not shown, by receipt id."""
        self._lingering: dict[str, float] = {}
        """Since when an attempt that has ended by its files is shown as live, by receipt id."""
        self._nodes: dict[str, float] = {}
        """Since when the batch system runs on the nodes of ours, as it said at `_nodes_at`."""
        self._nodes_at = 0.0
        self._answered: dict[str, float] = {}
        """Of attempts that have answered: since when their node ran then, by receipt id."""
        self._widths: dict[str, int] = {}
        """How many processors a computing element had when it was last described."""

    # ---- the contract

    def submit(self, handovers: Sequence[Handover]) -> list[Receipt | Refusal]:
        """One call of the site for all; one of the batch system for each kind of need and `array` attempts."""
        answers: list[Receipt | Refusal] = []
        fresh: dict[str, Handover] = {}
        for one in handovers:
            refusal = self._refusal(one)
            if refusal is not None:
                answers.append(refusal)
            else:
                fresh.setdefault(one.tag, one)
        while fresh:
            sent = self._send(list(fresh.values()))
            answers += sent.answers
            if not sent.known:
                break
            # Some are there already, and then none is sent: those are left out, the rest goes again.
            for tag, receipt in sent.known.items():
                del fresh[tag]
                answers += [receipt] if receipt else []
        return answers

    def find(self, tags: Sequence[str]) -> dict[str, Receipt | None]:
        """Sure of all, unless the batch system has to be asked and does not answer."""
        if not tags:
            return {}
        found: dict[str, Receipt | None] = dict.fromkeys(tags)
        said = self._run("find", stdin=rows((tag,) for tag in tags if TAG.fullmatch(tag)))
        doubtful = []
        for words in map(str.split, said):
            if words[0] == "found":
                tag, batch, index, batch_id = words[1:]
                found[tag] = receipt_of(tag, batch, int(index), batch_id)
            elif words[0] == "doubt":
                doubtful.append(words[1])
        for tag in doubtful:
            found.pop(tag, None)
        return found

    def status(self, receipts: Sequence[Receipt]) -> list[Sighting]:
        """One question to the batch system, and one about the files of those that it shows as ended, or not at all."""
        places = {receipt.tag: place_of(receipt) for receipt in receipts}
        if not any(places.values()):
            return [self._gone(receipt.tag) for receipt in receipts]
        if not self.settings.network:
            self._grant()
        due = self._clock() - self._nodes_at >= _NODES
        lines = self._run("states", ["nodes"] if due else [])
        states = self._dialect.states([line for line in lines if not line.startswith("+")])
        told = told_by(lines)
        if due:
            self._nodes, self._nodes_at = told.nodes, self._clock()
        places = {tag: place and told.runs(place) for tag, place in places.items()}
        self._release(places, states, told)
        self._doubt(places, states)
        live: dict[str, State] = {}
        rest: list[tuple[Receipt, Place]] = []
        for receipt in receipts:
            place = places[receipt.tag]
            state = state_of(states, place) if place else None
            if state is not None and state.phase not in _OVER and place and place.key not in told.shared:
                live[receipt.tag] = state
                self._unseen.pop(receipt.id, None)
            elif place is not None:
                rest.append((receipt, place))
        ended = self._look_at(rest, states) if rest else {}
        return [
            self._live(receipt.tag, live[receipt.tag])
            if receipt.tag in live
            else ended.get(receipt.tag) or self._gone(receipt.tag)
            for receipt in receipts
        ]

    def cancel(self, receipts: Sequence[Receipt]) -> None:
        """All in one call; the batch system ends them politely first, as it is configured."""
        places = [place for receipt in receipts if (place := place_of(receipt)) is not None]
        if places:
            self._run("cancel", stdin=rows((place.batch, place.index, place.task) for place in places))

    def collect(self, receipts: Sequence[Receipt]) -> list[Leftover]:
        """Event lines, logs and lists of output files in one call, the files by another if they are not here."""
        tags = {(place.batch, place.index): r.tag for r in receipts if (place := place_of(r)) is not None}
        if not tags:
            return []
        lines = self._run("collect", stdin=rows((*key, tag) for key, tag in tags.items()))
        found = parts_of(lines)
        sources = {
            tags[key]: {
                unquote(name, errors="surrogateescape"): f"{key[0]}/d{key[1]}/{source}"
                for name, source, _mark in (line.split() for line in parts["outputs"] if line.count(" ") == 2)
            }
            for key, parts in found.items()
        }
        here = self._bring([path for some in sources.values() for path in some.values()])
        return [
            Leftover(
                tag=tags[key],
                events=tuple(parts["events"]),
                log="".join(f"{one}\n" for one in parts["log"]),
                outputs={name: f"{here}/{path}" for name, path in sources[tags[key]].items()},
            )
            for key, parts in found.items()
        ]

    def forget(self, receipts: Sequence[Receipt]) -> None:
        """Remove the files, and end what still runs."""
        places = [(place, r.tag) for r in receipts if (place := place_of(r)) is not None]
        if places:
            places.sort(key=lambda pair: pair[0].batch)
            self._run("forget", stdin=rows((p.batch, p.index, p.task, tag) for p, tag in places))

    def describe(self) -> list[ClassAd]:
        """The queues, in one call."""
        told = self._run("describe")
        ads = self._dialect.describe(told, self.settings)
        if not ads:
            others = self._dialect.describe(told, replace(self.settings, queues=()))
            raise SiteUnavailable(f"site {self.name}: {self._dialect.kind} {self._no_queue(others)}")
        for ad in ads:
            ce, cpus = evaluate_attribute(ad, "GlueCEUniqueID"), evaluate_attribute(ad, "GlueCEInfoTotalCPUs")
            if isinstance(ce, str) and isinstance(cpus, int):
                self._widths[ce] = cpus
        return ads

    def _no_queue(self, others: Sequence[ClassAd]) -> str:
        names = sorted(str(evaluate_attribute(ad, "GlueCEName")) for ad in others)
        if not names:
            return "tells of no queue that may be used"
        wanted = ", ".join(self.settings.queues)
        return f"has no queue {wanted}, but {', '.join(names)}; correct `queues` of the site"

    def close(self) -> None:
        """Let go of the connection."""
        self._shell.close()

    @property
    def carries(self) -> bool:
        """Worker nodes without a network get what users have delegated by the site's files; others fetch it."""
        return not self.settings.network

    def renew(self, receipts: Sequence[Receipt], credentials: Credentials) -> None:
        """Put renewed credentials where the wrappers of these look."""
        places = [place for receipt in receipts if (place := place_of(receipt)) is not None]
        if places:
            self._run("credentials", stdin=pack_credentials(places, credentials))

    # ---- handing over

    def _refusal(self, handover: Handover) -> Refusal | None:
        if not TAG.fullmatch(handover.tag):
            return self._refuse(handover.tag, f"{handover.tag!r} cannot be the name of a file")
        if not self.settings.network and handover.inputs is None:
            return self._refuse(handover.tag, "its worker nodes have no network, and its input cannot be read here")
        if self._queue_of(handover.ce) is None:
            return self._refuse(handover.tag, f"it has no computing element {handover.ce}")
        unable = self._dialect.refuses(self._need(handover))
        if unable:
            return self._refuse(handover.tag, unable)
        if handover.cpus > 1:  # some batch systems take what they can never run
            if handover.ce not in self._widths:
                self.describe()
            width = self._widths.get(handover.ce, handover.cpus)
            if handover.cpus > width:
                text = f"{handover.ce} has {width} processors, and {handover.cpus} were asked for"
                return self._refuse(handover.tag, text)
        return None

    def _refuse(self, tag: str, text: str) -> Refusal:
        return Refusal(tag=tag, reason=reason("site_refused", site=self.name, text=text))

    def _queue_of(self, ce: str) -> str | None:
        prefix = ce_prefix(self.settings, self._dialect.kind)
        queue = ce.removeprefix(prefix)
        if queue == ce or not queue.replace("-", "").replace("_", "").replace(".", "").isalnum():
            return None
        return queue if not self.settings.queues or queue in self.settings.queues else None

    def _send(self, handovers: Sequence[Handover]) -> _Sent:
        batches = {batch.name: batch for batch in self._batches(handovers)}
        tar = pack(list(batches.values()), self._dialect, self.settings)
        sent = _Sent()
        trouble = ""
        for line in self._run("submit", list(batches), stdin=tar):
            word, name, rest = line.split(" ", 2)
            if word == "known":
                batch, index, batch_id = rest.split()
                sent.known[name] = None if batch_id == "-" else receipt_of(name, batch, int(index), batch_id)
            elif word == "sent":
                sent.answers += batches[name].receipts(rest.strip())
            elif word == "refused":
                sent.answers += [self._refuse(one.tag, rest.strip()) for one in batches[name].handovers.values()]
            else:
                trouble = rest.strip()
        if trouble:
            if not sent.answers:
                raise SiteUnavailable(f"site {self.name}: {self._dialect.kind} takes no attempts: {trouble}")
            logger.warning("site takes no more", site=self.name, why=trouble)
        return sent

    def _need(self, handover: Handover) -> Need:
        return Need(
            queue=self._queue_of(handover.ce) or "",
            cpus=handover.cpus,
            nodes=handover.nodes,
            smp_granularity=handover.smp_granularity,
            whole_nodes=handover.whole_nodes,
            wall_seconds=handover.wall_seconds,
            memory_mb=handover.memory_mb,
        )

    def _batches(self, handovers: Sequence[Handover]) -> Iterable[Batch]:
        groups: dict[Need, list[Handover]] = {}
        for one in handovers:
            groups.setdefault(self._need(one), []).append(one)
        for need, group in groups.items():
            for begin in range(0, len(group), self.settings.array):
                part = group[begin : begin + self.settings.array]
                yield Batch(batch_name(), need, dict(enumerate(part, self._dialect.first)))

    # ---- looking

    def _live(self, tag: str, state: State) -> Sighting:
        node = state.node if state.phase is Phase.RUNNING else ""
        waits_for = state.text if state.phase is Phase.QUEUED else ""
        return Sighting(
            tag=tag, phase=state.phase, time=state.time or self._clock(), node=node, waits_for=waits_for[:_LONGEST]
        )

    def _doubt(self, places: Mapping[str, Place | None], states: dict[str, State]) -> None:
        """Those whose node was started anew since they began are asked whether they live: to the batch system they may
        seem to run for half an hour more."""
        for place in places.values():
            state = state_of(states, place) if place is not None else None
            if place is None or state is None or state.phase is not Phase.RUNNING or not state.time:
                continue
            since = self._nodes.get(state.node, 0.0)
            if since > state.time and self._answered.get(place.receipt_id) != since:
                states[place.task] = replace(state, phase=Phase.ENDED, time=0.0, text=_STARTED_ANEW, left=True)

    def _release(self, places: Mapping[str, Place | None], states: dict[str, State], told: Told) -> None:
        """Have the batch system end those that it shows as live long after they have ended: it lost their processes.

        They are taken out of `states`.
        """
        now, busy = self._clock(), told.busy
        lingering = {
            place.receipt_id: place
            for place in places.values()
            if place is not None
            and place.key in told.over
            and place.task not in busy
            and (state := state_of(states, place)) is not None
            and state.phase not in _OVER
        }
        self._lingering = {one: self._lingering.get(one, now) for one in lingering}
        late = [place for one, place in lingering.items() if now - self._lingering[one] >= _LINGER]
        if late:
            self._run("release", stdin=rows((place.task, place.batch) for place in late))
            for place in late:
                states.pop(place.task, None)

    def _gone(self, tag: str) -> Sighting:
        return Sighting(tag=tag, phase=Phase.GONE, time=self._clock())

    def _look_at(self, rest: Sequence[tuple[Receipt, Place]], states: dict[str, State]) -> dict[str, Sighting]:
        """Those that the batch system does not show as waiting or running."""
        lines = self._run("probe", stdin=rows((place.batch, place.index) for _, place in rest))
        files = {(words[0], int(words[1])): words[2] for line in lines if len(words := line.split(" ", 2)) == 3}
        times = {words[0]: float(words[1]) for line in lines if len(words := line.split(" ")) == 2}
        silent = [
            (receipt, place)
            for receipt, place in rest
            if state_of(states, place) is None
            and (found := files.get((place.batch, place.index), "gone")) != "gone"
            and not found.split("|")[2]
        ]
        if silent and self.settings.accounting:
            ids = dict.fromkeys(place.task for _, place in silent)
            told = self._run("history", stdin=rows((one,) for one in ids))
            states = {**states, **self._dialect.states(told)}
        seen: dict[str, Sighting] = {}
        lost: list[tuple[Receipt, Place]] = []
        for receipt, place in rest:
            found = files.get((place.batch, place.index), "gone")
            when = times.get(f"{place.batch}/x{place.index}", 0.0)
            sighting = self._ended(receipt, found, when, state_of(states, place))
            if sighting is None:
                lost.append((receipt, place))
            else:
                seen[receipt.tag] = sighting
        if lost:
            seen |= self._give_up(lost, states)
        return seen

    def _ended(self, receipt: Receipt, found: str, when: float, state: State | None) -> Sighting | None:
        """What became of an attempt by its files and by the batch system; None: neither knows it any more."""
        tag = receipt.tag
        if found == "gone":
            self._unseen.pop(receipt.id, None)
            return self._gone(tag)
        _here, started, ended, asked, life = found.split("|")
        node = started.split()[1] if len(started.split()) == 2 else (state.node if state else "")
        if not ended:
            if state is not None and state.phase not in _OVER:
                return self._live(tag, state)
            if life == "alive":
                self._unseen[receipt.id] = self._clock()
                self._answered[receipt.id] = self._nodes.get(state.node if state else "", 0.0)
                return Sighting(tag=tag, phase=Phase.RUNNING, time=self._clock(), node=node)
            sure = bool(asked and not started)
            if state is not None:
                sure = bool(asked) or (bool(state.text) and state.phase is Phase.ENDED and not state.left)
            if not self._long_unseen(receipt, _ANSWER if started and state is not None else None, sure=sure):
                return Sighting(tag=tag, phase=Phase.NOT_YET_VISIBLE, time=self._clock())
            if not asked and not started and (state is None or state.phase is Phase.GONE):
                return None
        self._unseen.pop(receipt.id, None)
        self._answered.pop(receipt.id, None)
        code = int(ended) if ended.isdigit() else None
        cancelled = bool(asked) and (code is None or code != 0)
        why = None
        if code == _NO_SCRATCH:
            why = reason(
                "work_dir", text=f"{self.settings.scratch} (`scratch` of the site) on {node or 'its worker node'}"
            )
        elif not cancelled and (text := self._why(code, state, bool(started))):
            why = reason("killed_at_site", site=self.name, text=text)
        return Sighting(
            tag=tag,
            phase=Phase.ENDED,
            time=when or (state.time if state else 0.0) or self._clock(),
            node=node,
            exit_code=code,
            cancelled=cancelled,
            reason=why,
        )

    def _why(self, code: int | None, state: State | None, started: bool) -> str:
        """Why it did not end by itself; empty when it did."""
        if state is not None and state.text and code != 0:
            return state.text
        if code is None and not started:
            where = self.settings.directory
            return f"it ended without having begun; can its worker nodes use the directory {where}?"
        if code is None:
            return "its processes are gone and left no exit status (killed, or its worker node failed)"
        if code == _KILLED:
            return (
                "its wrapper was killed there (signal 9): by somebody, by the site, or by the node for lack of memory"
            )
        return f"its wrapper was ended by signal {code - 128}" if code > 128 else ""

    def _long_unseen(self, receipt: Receipt, most: float | None = None, *, sure: bool) -> bool:
        """Whether to stop waiting for the files of an attempt; `sure`: none are to be expected. `most`: seconds."""
        since = self._unseen.setdefault(receipt.id, self._clock())
        seconds = self.settings.unseen_seconds if most is None else min(most, self.settings.unseen_seconds)
        return sure or self._clock() - since >= seconds

    def _give_up(self, lost: Sequence[tuple[Receipt, Place]], states: Mapping[str, State]) -> dict[str, Sighting]:
        """Those that never began and are nowhere to be seen, or hopeless; once it is sure that they will not begin."""
        lines = self._run("void", stdin=rows((place.batch, place.index) for _, place in lost))
        sure = {(batch, int(index)) for batch, index in map(str.split, lines)}
        seen = {}
        for receipt, place in lost:
            tag, now, state = receipt.tag, self._clock(), state_of(states, place)
            if (place.batch, place.index) not in sure:
                seen[tag] = Sighting(tag=tag, phase=Phase.NOT_YET_VISIBLE, time=now)
                continue
            self._unseen.pop(receipt.id, None)
            seen[tag] = self._gone(tag)
            if state is not None:
                why = reason("killed_at_site", site=self.name, text=state.text)
                seen[tag] = Sighting(tag=tag, phase=Phase.ENDED, time=now, reason=why)
        return seen

    def _bring(self, paths: Sequence[str]) -> str:
        """Have these files of the directory there here; the directory that they are in. The last ones are removed."""
        if self._shell.is_here or not paths or self._fetched is None:
            return self.settings.directory
        shutil.rmtree(self._fetched, ignore_errors=True)
        self._fetched.mkdir(mode=0o700, parents=True)
        with tempfile.TemporaryFile(dir=self._fetched) as tar:
            self._run("fetch", stdin=rows((path,) for path in paths), into=tar)
            tar.seek(0)
            with tarfile.open(fileobj=tar) as packed:
                packed.extractall(self._fetched, filter="data")
        return str(self._fetched)

    def _grant(self) -> None:
        """Ask the service for the tokens of those wrappers that have left their wish there."""
        lines = self._run("wishes")
        wishes = {key: parts["wish"] for key, parts in parts_of(lines).items()}
        asked: dict[Key, TokenRequest] = {}
        for key, said in wishes.items():
            words = said[0].split() if said else []
            if len(words) == 3 and words[0] == "token" and TAG.fullmatch(words[1]):
                asked[key] = TokenRequest(words[1], words[2], tuple(said[1:]))
        if not asked or self.link is None:
            return
        granted = zip(asked, self.link.take_tokens(list(asked.values())), strict=True)
        answers = [(*key, "go" if yes else "stop the service refuses it") for key, yes in granted if yes is not None]
        if answers:
            self._run("answer", stdin=rows(answers))

    # ---- the site

    def _run(
        self, name: str, words: Sequence[str] = (), *, stdin: bytes = b"", into: IO[bytes] | None = None
    ) -> list[str]:
        """Run one of our scripts at the site. Raises SiteUnavailable, with what it said, when it did not work."""
        text = "\n".join((self._dialect.functions, script("common"), script(name)))
        try:
            said = self._shell.run(text, [self.settings.directory, *words], stdin=stdin, into=into)
        except SiteUnavailable as error:
            raise SiteUnavailable(
                hinted(f"site {self.name} does not answer '{name}': {error}", self.settings.directory)
            ) from error
        if said.status != 0:
            what = " ".join(said.err.split()) or f"it ended with status {said.status}"
            what = hinted(what[-500:], self.settings.directory)
            raise SiteUnavailable(f"site {self.name}: '{name}' on {self._shell.where} failed: {what}")
        return said.lines
