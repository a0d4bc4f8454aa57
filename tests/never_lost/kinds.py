"""What is submitted while services are killed, and how each must end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridwms.client import Client
from gridwms.client.submission import Description

_RETRIES = "ShallowRetryCount = 10; RetryCount = 0;"
_TWICE = "#!/bin/sh\nmark={place}/tried-${{GRIDWMS_JOB_ID##*/}}\n[ -e $mark ] || {{ : >$mark; exit 1; }}\n"
_SCRIPT = "#!/bin/sh\necho $GRIDWMS_JOB_ID >>{ran}\n"


@dataclass(frozen=True, slots=True)
class Kind:
    """`runs`: how often the payload may have run. `ends`: whether a job as the service shows it ended as it must."""

    name: str
    jdl: str
    files: dict[str, str]
    runs: tuple[int, ...]
    ends: Callable[[dict[str, Any]], bool]
    output: bytes = b""
    cancel: bool = False

    def description(self, directory: Path, ran: Path) -> Description:
        """Ready to be submitted; its input files are made in `directory`. Payloads append their job's id to `ran`."""
        place = directory / self.name
        place.mkdir(exist_ok=True)
        for name, text in self.files.items():
            (place / name).write_text(text.format(ran=ran, place=place))
        return Description(name=self.name, text=self.jdl.format(ran=ran).encode(), directories=(place,))


def _well(job: dict[str, Any]) -> bool:
    return (job["state"], job["done_code"], job["exit_code"]) == ("DONE", "OK", 0)


def _failed(job: dict[str, Any]) -> bool:
    return (job["state"], job["exit_code"]) == ("DONE", 3)


_RUNS = '[Executable = "run.sh"; InputSandbox = {{"run.sh"%s}}; StdOutput = "out"; OutputSandbox = {{"out"}}; ' + (
    _RETRIES + "%s]"
)

KINDS = (
    Kind(
        "plain",
        '[Executable = "/bin/sh"; Arguments = "-c \'echo $GRIDWMS_JOB_ID >>{ran}; echo done\'"; StdOutput = "out"; '
        f'OutputSandbox = {{{{"out"}}}}; {_RETRIES}]',
        {},
        (1,),
        _well,
        b"done\n",
    ),
    Kind(
        "upload",
        _RUNS % (', "data"', ""),
        {"run.sh": _SCRIPT + "cat data\n", "data": "0123456789abcdef" * 2000},
        (1,),
        _well,
        b"0123456789abcdef" * 2000,
    ),
    Kind("output", _RUNS % ("", ""), {"run.sh": _SCRIPT + "head -c 300000 /dev/zero\n"}, (1,), _well, bytes(300_000)),
    Kind(
        "retry",
        _RUNS % (', "first.sh"', ' Prologue = "first.sh";'),
        {
            "run.sh": _SCRIPT + "echo done\n",
            "first.sh": _TWICE,
        },
        (1,),
        _well,
        b"done\n",
    ),
    Kind("fails", _RUNS % ("", ""), {"run.sh": _SCRIPT + "exit 3\n"}, (1,), _failed),
    Kind(
        "cancel",
        _RUNS % ("", ""),
        {"run.sh": _SCRIPT + "sleep 300\n"},
        (0, 1),
        lambda job: job["state"] == "CANCELLED",
        cancel=True,
    ),
)


def wrong_output(client: Client, job: dict[str, Any], kind: Kind, directory: Path) -> str:
    """What is wrong with the output of a job that ended well, as a sentence."""
    if not kind.output:
        return ""
    names = [path.name for path in client.output(job["id"], directory, keep=True)]
    if names != ["out"]:
        return f"the output of {job['id']} ({kind.name}) is {names}"
    content = (directory / "out").read_bytes()
    (directory / "out").unlink()
    return "" if content == kind.output else f"the output of {job['id']} ({kind.name}) has {len(content)} wrong bytes"
