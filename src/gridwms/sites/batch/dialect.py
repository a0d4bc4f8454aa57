"""What differs from one batch system to another, and what an operator says about a site that has one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gridwms.classad import ClassAd
from gridwms.sites.contract import Phase

CROWD = 20
"""So many attempts handed over at once leave their last words here until the next poll. One call to the service each
would cost as much as the rest of the wrapper of a short job; few attempts, for which somebody may wait, do call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSettings:
    """`directory`: ours at the site, on a file system that its worker nodes share; relative: below the home directory.

    `host`: the name of the site's computing element, the first part of its ids. `array`: how many attempts one call of
    the batch system may take; 1: no arrays. `options`: lines for the head of what is submitted, without their mark
    (`--account=grid`). `queues`: the ones to use; empty: all there are. `scratch`: a directory on the worker nodes in
    which attempts work; empty: in `directory`. `unseen_seconds`: how long an attempt that the batch system does not
    show is taken to be on its way.
    """

    name: str
    directory: str
    host: str
    array: int = 1000
    options: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    scratch: str = ""
    unseen_seconds: float = 120.0
    """Which is also how long one that began, and whose end nobody tells, has to give a sign of life."""
    network: bool = True
    """Whether worker nodes reach the service. If not, all that they have to say goes by way of `directory`."""
    accounting: bool = True
    """Whether the batch system is asked about the past as well."""
    share_seconds: float = 0.0
    """How long a task may have run when it takes another short attempt of its array; 0: never (Slurm, HTCondor)."""
    parallel: str = "smp"
    """The parallel environment for attempts of several processors (Grid Engine)."""
    memory: str = "mem_free"
    """The resource by which memory is asked for (Grid Engine); empty: it is not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What attempts of one array have in common; see `Handover`."""

    queue: str
    cpus: int = 1
    nodes: int = 0
    smp_granularity: int = 0
    whole_nodes: bool = False
    wall_seconds: int | None = None
    memory_mb: int | None = None

    @property
    def hosts(self) -> int:
        """On how many hosts the processors are to be; 0: that is the site's affair."""
        if self.nodes or self.cpus == 1:
            return self.nodes or 1
        return -(-self.cpus // self.smp_granularity) if self.smp_granularity else 0

    @property
    def memory_each(self) -> int | None:
        """Megabytes of memory a processor."""
        return None if self.memory_mb is None else -(-self.memory_mb // self.cpus)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the batch system says of a task. `text`: how it ended, when it did not end by itself; or what it waits for.

    `time` 0: not told. Phase GONE: it waits, and will never start, as `text` says. `left`: it was given up without a
    word from its worker node, so that its processes may go on. `batch`: the name of its batch, where that is told.
    """

    phase: Phase
    time: float = 0.0
    node: str = ""
    text: str = ""
    left: bool = False
    batch: str = ""


class Dialect(Protocol):
    """One batch system."""

    @property
    def kind(self) -> str:
        """As in ids of computing elements and in sentences ("slurm")."""

    @property
    def functions(self) -> str:
        """Shell functions that the scripts at the site use.

        gw_submit submits the file `task` of the current directory and prints the id of the batch: what the batch system
        calls its attempts, with % for the index. gw_named BATCH... prints "<batch> <id>" of those there are; gw_id_of
        TASK the id. gw_states, and gw_history with tasks on standard input, print what `states` reads; gw_describe what
        `describe` reads. gw_cancel takes tasks on standard input; gw_ours, if there is one, lines
        "TASK BATCH", and prints the tasks that still are of that batch. gw_nodes, if there is one, tells after
        gw_states "+node NAME SECONDS" of the nodes that were shown: when the batch system's daemon was started there.
        gw_is_doubt and gw_is_full judge an error text there: it may have been taken all the same; the site takes no
        more for now. Where `head` sets gw_share,
        gw_nudge sends USR1 to the scripts of the tasks on standard input. Where worker nodes do not share the
        directory, gw_hear, with a file of its own as $1, lays there what they wish, and gw_tell brings them the
        answers: lines "BATCH INDEX ANSWER" on standard input.
        """

    @property
    def first(self) -> int:
        """The first index of an array."""

    def refuses(self, need: Need) -> str:
        """Why it cannot give what these attempts need; empty when it can."""

    def head(self, batch: str, need: Need, count: int, comment: str, settings: BatchSettings) -> str:
        """The begin of the script `task`.

        Directives; then it goes to its directory and sets gw_index, gw_task, gw_scratch, gw_flat where the batch system
        brings back files and no directories, and gw_last_call: a signal by which it tells that it is about to kill. It
        may set gw_share, hundredths of a second for which it takes other attempts, and gw_count, how many there are;
        and gw_stage, where wrappers speak by other files than t<index>.*.
        """

    def states(self, lines: Sequence[str]) -> dict[str, State]:
        """The answer of gw_states, and of gw_history, by task."""

    def describe(self, lines: Sequence[str], settings: BatchSettings) -> list[ClassAd]:
        """The answer of gw_describe as resource ads."""
