"""HTCondor's Python bindings in the part of its commands: one call of a site a run, as functions of bindings.sh.

A program of its own, not a module of the service: the bindings hold the interpreter while they wait for the network,
and keep configuration and sessions for a whole process. So a schedd that hangs holds up nobody else, and is cut off as
a command is. It knows nothing of the rest of gridwms.

Standard output is what the commands print with `-af`; what went wrong is one line on standard error. It begins with
"nothing was sent:" when the schedd was not even spoken to.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

_CONFIGURATIONS = ("/etc/condor/condor_config", "/usr/local/etc/condor_config", "~/.condor/condor_config")
_COLUMNS = ["ClusterId", "ProcId", "JobStatus", "EnteredCurrentStatus"]
_TOLD = 3
_AT_ONCE = 1000
"""So many attempts are named in one question."""
_RUNNING = 2
_COMPLETED = 4
_SPOOLING = 16
_STAMP = re.compile(r"^\d\d/\d\d/\d\d \d\d:\d\d:\d\d(\.\d+)? ")


class Trouble(Exception):
    """What to say of a call that failed."""


class Pool:
    """A schedd and its collector. `schedd` empty: that of this machine, by its own configuration."""

    def __init__(self, htcondor: Any, schedd: str, pool: str) -> None:
        self._htcondor = htcondor
        self._elsewhere = bool(schedd)
        where = f"the collector {pool or htcondor.param.get('COLLECTOR_HOST', '')}".rstrip()
        try:
            self._collector = htcondor.Collector(pool) if pool else htcondor.Collector()
            self._place = self._locate(schedd)
        except Exception as error:
            raise Trouble(f"nothing was sent: couldn't contact {where}: {error}") from error
        if self._place is None:
            raise Trouble(f"nothing was sent: {where} can't find address of schedd {schedd or 'of this machine'}")
        self._schedd = htcondor.Schedd(self._place)

    def _locate(self, name: str) -> Any:
        if not name:
            return self._collector.locate(self._htcondor.DaemonType.Schedd)
        wanted = f'Name == "{name}" || Machine == "{name}"'
        columns = ["Name", "MyAddress", "CondorVersion"]
        return next(iter(self._collector.query(self._htcondor.AdType.Schedd, wanted, columns)), None)

    def queue(self) -> None:
        """The submit file on standard input; says the id of the batch. To a schedd elsewhere its files are sent."""
        try:
            description = self._htcondor.Submit(sys.stdin.read())
        except Exception as error:
            raise Trouble(f"nothing was sent: HTCondor does not understand the submit file: {error}") from error
        done = self._schedd.submit(description, spool=self._elsewhere)
        if self._elsewhere:
            self._schedd.spool(done)
        print(f"{done.cluster()}.%")

    def named(self, *batches: str) -> None:
        """Which of these batches there are, "<batch> <id>" each.

        One whose files never came whole is removed; it is in the history then, and is not taken for one that ended.
        """
        whole = " && StageInFinish =!= undefined" if self._elsewhere else ""
        for some in _parts(batches):
            wanted = " || ".join(f'GridwmsBatch == "{batch}"' for batch in some)
            found = self._schedd.query(wanted, ["GridwmsBatch", "ClusterId", "HoldReasonCode"])
            cut_off = {ad["GridwmsBatch"] for ad in found if ad.get("HoldReasonCode") == _SPOOLING}
            ids = {ad["GridwmsBatch"]: ad["ClusterId"] for ad in found}
            for batch in cut_off if self._elsewhere else ():
                self._remove(f'GridwmsBatch == "{batch}"')
                del ids[batch]
            for batch in set(some) - set(ids) - cut_off:  # those that ended are in the history alone
                for ad in self._schedd.history(f'GridwmsBatch == "{batch}"{whole}', ["ClusterId"], 1):
                    ids[batch] = ad["ClusterId"]
            for batch, cluster in ids.items():
                print(f"{batch} {cluster}.%")

    def states(self) -> None:
        """All attempts of ours, as commands.sh shows them.

        What those left that ended elsewhere is brought, so that they leave the queue.
        """
        columns = [*_COLUMNS, "HoldReasonCode", "RemoteHost", "HoldReason"]
        more = ["StageOutFinish", "JobDisconnectedDate", "NumJobStarts"]
        found = self._schedd.query("GridwmsBatch =!= undefined", [*columns, *more])
        if self._elsewhere and any(ad["JobStatus"] == _COMPLETED and not ad.get("StageOutFinish") for ad in found):
            waiting = f"JobStatus == {_COMPLETED} && (StageOutFinish =?= undefined || StageOutFinish == 0)"
            try:
                self._schedd.retrieve(f"GridwmsBatch =!= undefined && {waiting}")
            except self._htcondor.HTCondorException as error:  # it is tried again at the next look
                print(error, file=sys.stderr)
        cut = {id(ad) for ad in found if ad["JobStatus"] == _RUNNING and "JobDisconnectedDate" in ad}
        since = self._startds() if cut else {}
        for ad in found:
            begun = "2" if ad.get("NumJobStarts", 0) else "1"
            if id(ad) in cut:
                lost = since.get(_shown(ad, "RemoteHost").rpartition("@")[2], 0) > ad["EnteredCurrentStatus"]
                begun = "lost" if lost else "cut"
            *shown, reason = (_shown(ad, column) for column in columns)
            print(*shown, begun, reason)

    def _startds(self) -> dict[str, int]:
        """Since when each worker node has had its startd."""
        since: dict[str, int] = {}
        for ad in self._collector.query(self._htcondor.AdType.Startd, None, ["Machine", "DaemonStartTime"]):
            if "DaemonStartTime" in ad:
                since[ad["Machine"]] = min(ad["DaemonStartTime"], since.get(ad["Machine"], ad["DaemonStartTime"]))
        return since

    def history(self) -> None:
        """What is remembered of the tasks on standard input, and of others of their clusters."""
        clusters = list(dict.fromkeys(line.partition(".")[0].strip() for line in sys.stdin))
        for some in _parts(clusters):
            wanted = " || ".join(f"ClusterId == {cluster}" for cluster in some)
            columns = [*_COLUMNS, "ExitBySignal", "ExitSignal", "LastRemoteHost", "LastJobStatus", "RemoveReason"]
            for ad in self._schedd.history(wanted, columns):
                signal = -int(ad.get("ExitSignal", 0)) if ad.get("ExitBySignal") is True else 0
                ends = (_shown(ad, column) for column in columns[-3:])
                print(*(_shown(ad, column) for column in _COLUMNS), signal, *ends)

    def cancel(self) -> None:
        """The tasks on standard input are removed; that some are over is no error."""
        for some in _parts(sys.stdin.read().split()):
            self._remove(list(some))

    def wishes(self, unanswered: str) -> None:
        """Who waits for a token, "<batch> <index> <wish>" each."""
        columns = ["GridwmsBatch", "ProcId", "GridwmsWish"]
        for ad in self._schedd.query(unanswered, columns):
            print(*(_shown(ad, column) for column in columns))

    def answer(self, which: str, value: str) -> None:
        """Tell these jobs, where they run, what has become of their wishes."""
        self._schedd.edit(which, "GridwmsAnswer", value, self._htcondor.TransactionFlag.SetDirty)

    def describe(self) -> None:
        """The version of the schedd, the slots of the pool, and how many jobs of everybody there are of each status."""
        print("+version", self._place.get("CondorVersion", ""), "+slots", sep="\n")
        columns = ["State", "Cpus", "TotalCpus", "Memory", "Machine"]
        for ad in self._collector.query(self._htcondor.AdType.Startd, None, columns):
            print(*(_shown(ad, column) for column in columns))
        print("+jobs")
        for status, count in Counter(ad["JobStatus"] for ad in self._schedd.query("True", ["JobStatus"])).items():
            print(count, status)

    def _remove(self, which: str | list[str]) -> None:
        self._schedd.act(self._htcondor.JobAction.Remove, which)


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for begin in range(0, len(names), _AT_ONCE):
        yield names[begin : begin + _AT_ONCE]


def _shown(ad: Any, column: str) -> str:
    value = ad.get(column)
    text = "" if value is None or str(value) == "Value.Undefined" else " ".join(str(value).split())
    return text or "undefined"


def _open(schedd: str, pool: str) -> Pool:
    if "CONDOR_CONFIG" not in os.environ and not any(Path(one).expanduser().exists() for one in _CONFIGURATIONS):
        os.environ["CONDOR_CONFIG"] = "ONLY_ENV"
    try:
        import htcondor2
    except ImportError as error:
        missing = "neither HTCondor's commands nor its Python bindings are here (pip install 'gridwms[htcondor]')"
        raise Trouble(f"nothing was sent: couldn't contact the pool: {missing}: {error}") from error
    htcondor2.enable_debug()
    return Pool(htcondor2, schedd, pool)


def _told(errors: IO[bytes], trouble: str) -> str:
    """One line: what failed, and what the library said of it, which alone knows why nobody is let in."""
    errors.seek(0)
    lines = [_STAMP.sub("", line).strip() for line in errors.read().decode("utf-8", "replace").splitlines()]
    return " ".join(" | ".join(dict.fromkeys([trouble, *lines])).split())


def main(words: Sequence[str]) -> int:
    """`SCHEDD POOL VERB WORD...`: 0, or 3 with the reason on standard error."""
    schedd, pool, verb, *rest = words
    with tempfile.TemporaryFile() as errors, os.fdopen(os.dup(2), "w") as stderr:
        os.dup2(errors.fileno(), 2)
        try:
            call: Callable[..., None] = getattr(_open(schedd, pool), verb)
            call(*rest)
            sys.stdout.flush()
        except Exception as error:  # noqa: BLE001 - whatever it is, the site is to say it
            print(_told(errors, str(error) or type(error).__name__), file=stderr)
            return _TOLD
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
