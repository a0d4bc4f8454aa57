"""Kinds of jobs that are sent to every site, and how each must end there."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

LARGE = random.Random(7).randbytes(6_000_000)
ODD = ("two words", "it's", "a;b&c", "100%", "-dash", "ümlaut", "back\\slash", "star*", "#hash")
HOSTILE = {
    "IFS": "xyz/ ",
    "CDPATH": "/usr:/tmp",
    "BASH_ENV": "/no/such/file",
    "ENV": "/no/such/file",
    "PS4": "$(touch pwned)",
    "LD_LIBRARY_PATH": "/no/such/directory",
    "POSIXLY_CORRECT": "1",
    "TAR_OPTIONS": "--no-such-option",
    "GZIP": "--no-such-option",
    "LC_ALL": "tr_TR.UTF-8",
    "TMPDIR": "/no/such/directory",
    "QUOTES": "a 'b' \"c\" $(d) `e` \\f",
    "http_proxy": "http://127.0.0.1:1",
    "GRIDWMS_WALL": "1",
}
WELL = ("DONE", "OK", 0)


@dataclass(frozen=True, slots=True)
class Kind:
    """A description, its files, and its end.

    In `text` and `files` @WHERE@ stands for the clause that names the computing element, @HOST@ for its host, @RAN@ for
    the file in which payloads leave a line. `ends`: state, code and exit code; `reason`: the code of the reason then.
    `output`: the files that come home, None: any. `runs`: how many lines each of its `nodes` leaves; 0: none. `act`:
    what is done with it meanwhile.
    """

    name: str
    text: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    ends: tuple[str, str | None, int | None] = WELL
    reason: str | None = None
    output: Mapping[str, bytes] | None = None
    ending: str = "jdl"
    runs: int = 0
    nodes: int = 1
    act: Literal["", "cancel", "attach", "peek"] = ""

    def write(self, place: Path, ce: str, ran: Path) -> Path:
        """The description in `place` with its files beside it; payloads append lines to `ran`."""
        place.mkdir(parents=True)
        for name, content in self.files.items():
            path = place / name
            path.write_bytes(content.replace(b"@RAN@", str(ran).encode()))
            path.chmod(0o755)
        clause = f'other.GlueCEUniqueID == "{ce}"' if ce else "true"
        host = f"<CandidateHosts><HostName>{ce.partition(':')[0]}</HostName></CandidateHosts>" if ce else ""
        path = place / f"{self.name}.{self.ending}"
        path.write_text(self.text.replace("@WHERE@", clause).replace("@HOST@", host).replace("@RAN@", str(ran)))
        return path

    def wrong_end(self, job: Mapping[str, Any]) -> str:
        """What is wrong with the end of a job as `gridwms status --json` shows it; empty when nothing is."""
        ends = (job["state"], job["done_code"], job["exit_code"])
        code = (job["reason"] or {}).get("code")
        if ends != self.ends or (self.reason is not None and code != self.reason):
            return f"ended {ends} ({job['reason']}), not {self.ends} ({self.reason})"
        return ""


def jdl(attributes: str, *, retries: str = "RetryCount = 0; ShallowRetryCount = 1;") -> str:
    return f"[ {attributes} {retries} Requirements = @WHERE@; ]"


def shell(line: str, more: str = "") -> str:
    return jdl(f'Executable = "/bin/sh"; Arguments = "-c \'{line}\'"; {more}')


def names(*words: str) -> str:
    return ", ".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words)


def script(text: str) -> bytes:
    return f"#!/bin/sh\n{text}\n".encode()


MARK = "echo $GRIDWMS_JOB_ID >>@RAN@\n"
_OUT = 'StdOutput = "out"; OutputSandbox = { "out" };'
_RUN = 'Executable = "run.sh"; InputSandbox = { "run.sh" }; ' + _OUT

KINDS = (
    Kind("plain", jdl(_RUN), {"run.sh": script(MARK + "echo hello")}, output={"out": b"hello\n"}, runs=1),
    Kind(
        "sandboxes",
        jdl(
            'Executable = "run.sh"; Arguments = "one \\"two three\\" $(echo four)";'
            ' StdInput = "in put"; StdOutput = "out";'
            ' StdError = "err"; InputSandbox = { "run.sh", "in put" };'
            ' OutputSandbox = { "out", "err", "result", "*.txt" };'
        ),
        {
            "run.sh": script('cat; echo "$#|$2" >&2; echo made >result; echo 1 >a.txt; echo 2 >b.txt; echo no >c.dat'),
            "in put": b"given\n",
        },
        output={"out": b"given\n", "err": b"3|two three\n", "result": b"made\n", "a.txt": b"1\n", "b.txt": b"2\n"},
    ),
    Kind(
        "large",
        jdl(
            'Executable = "run.sh"; InputSandbox = { "run.sh", "large" }; StdOutput = "out";'
            ' OutputSandbox = { "out", "copy" };'
        ),
        {"run.sh": script("sha256sum <large; cp large copy"), "large": LARGE},
        output={"out": f"{hashlib.sha256(LARGE).hexdigest()}  -\n".encode(), "copy": LARGE},
    ),
    Kind(
        "many",
        jdl(
            'Executable = "run.sh"; InputSandbox = { "run.sh", '
            + names(*(f"in{n}" for n in range(80)))
            + ' }; StdOutput = "out"; OutputSandbox = { "out", "made*" };'
        ),
        {"run.sh": script("for f in in*; do cat $f >made-$f; done; cat in* | wc -l")}
        | {f"in{n}": b"%d\n" % n for n in range(80)},
        output={"out": b"80\n"} | {f"made-in{n}": b"%d\n" % n for n in range(80)},
    ),
    Kind(
        "odd-names",
        jdl(
            'Executable = "run.sh"; InputSandbox = { "run.sh", '
            + names(*ODD)
            + ' }; StdOutput = "o u\'t"; OutputSandbox = { "o u\'t", '
            + names(*(f"made {name}" for name in ODD if "*" not in name))
            + " };"
        ),
        {
            "run.sh": script(
                'for f in ./*; do n=${f#./}; [ "$n" = run.sh ] || cp "$f" "made $n" 2>/dev/null; done; echo ok'
            )
        }
        | {name: name.encode() for name in ODD},
        output={"o u't": b"ok\n"} | {f"made {name}": name.encode() for name in ODD if "*" not in name},
    ),
    Kind("nonzero", shell("exit 7"), ends=("DONE", "OK", 7)),
    Kind("signal", shell("kill -SEGV $$"), ends=("DONE", "OK", 139)),
    Kind("killed", shell("kill -9 $$"), ends=("DONE", "OK", 137)),
    Kind(
        "no-executable",
        jdl('Executable = "/no/such/program";'),
        ends=("ABORTED", None, None),
        reason="executable_missing",
    ),
    Kind(
        "missing-output",
        jdl('Executable = "/bin/echo"; Arguments = "x"; StdOutput = "out"; OutputSandbox = { "out", "never" };'),
        output={"out": b"x\n"},
    ),
    Kind(
        "wrapped",
        jdl(
            'Executable = "/bin/cat"; Arguments = "made"; Prologue = "before.sh"; Epilogue = "after.sh";'
            ' EpilogueArguments = "x y"; InputSandbox = { "before.sh", "after.sh" }; StdOutput = "out";'
            ' OutputSandbox = { "out", "after" };'
        ),
        {"before.sh": script("echo prepared >made"), "after.sh": script('echo "$1-$2" >after')},
        output={"out": b"prepared\n", "after": b"x-y\n"},
    ),
    Kind(
        "prologue-fails",
        jdl('Executable = "/bin/true"; Prologue = "/bin/false";'),
        ends=("ABORTED", None, None),
    ),
    Kind(
        "tried-again",
        jdl(
            'Executable = "run.sh"; Prologue = "first.sh"; InputSandbox = { "run.sh", "first.sh" };' + _OUT,
            retries="RetryCount = 0; ShallowRetryCount = 3;",
        ),
        {
            "run.sh": script(MARK + "echo $GRIDWMS_ATTEMPT"),
            "first.sh": script('[ "$GRIDWMS_ATTEMPT" != 1 ]'),
        },
        output={"out": b"2\n"},
        runs=1,
    ),
    Kind(
        "hostile",
        jdl(_RUN + " Environment = { " + names(*(f"{name}={value}" for name, value in HOSTILE.items())) + " };"),
        {"run.sh": script('printf "%s\\n" "$QUOTES" "$PS4" "$LC_ALL"; [ ! -e pwned ]')},
        output={"out": f"{HOSTILE['QUOTES']}\n{HOSTILE['PS4']}\n{HOSTILE['LC_ALL']}\n".encode()},
    ),
    Kind(
        "children",
        shell("(trap : TERM HUP; while :; do sleep 97; done) & setsid sleep 98 & echo left", _OUT),
        output={"out": b"left\n"},
    ),
    Kind(
        "two-processors",
        jdl(_RUN + " CPUNumber = 2;"),
        {"run.sh": script('echo $GRIDWMS_CPUS; wc -l <"$GRIDWMS_MACHINEFILE"')},
        output={"out": b"2\n2\n"},
    ),
    Kind(
        "mpi",
        jdl('JobType = "MPICH"; CPUNumber = 2; Executable = "run.sh"; InputSandbox = { "run.sh" };' + _OUT),
        {"run.sh": script(MARK + "echo rank")},
        output={"out": b"rank\nrank\n"},
        runs=2,
    ),
    Kind(
        "container",
        jdl(
            'Executable = "/bin/sh"; Arguments = "-c \'pwd; cat given; echo made >made\'"; ContainerImage = "/";'
            ' InputSandbox = { "given" }; StdOutput = "out"; OutputSandbox = { "out", "made" };'
        ),
        {"given": b"given\n"},
        output={"out": b"/gridwms/work\ngiven\n", "made": b"made\n"},
    ),
    Kind(
        "no-image",
        jdl('Executable = "/bin/true"; ContainerImage = "/no/such/image";'),
        ends=("ABORTED", None, None),
    ),
    Kind(
        "wall-limit",
        '[ Executable = "/bin/sh"; Arguments = "-c \'echo begun; sleep 901\'"; '
        + _OUT
        + " RetryCount = 0; ShallowRetryCount = 0;"
        " Requirements = other.GlueCEPolicyMaxWallClockTime >= 1 && @WHERE@; ]",
        ends=("ABORTED", None, None),
    ),
    Kind(
        "cancelled",
        shell("trap : TERM; echo begun; sleep 899; sleep 899", _OUT),
        ends=("CANCELLED", None, None),
        act="cancel",
    ),
    Kind(
        "interactive",
        jdl('JobType = "Interactive"; Executable = "run.sh"; InputSandbox = { "run.sh" };' + _OUT),
        {"run.sh": script('while read -r line; do echo "said $line"; done')},
        output={"out": b"said one\nsaid two\n"},
        act="attach",
    ),
    Kind(
        "perusal",
        jdl(_RUN + " PerusalFileEnable = true; PerusalTimeInterval = 2;"),
        {
            "run.sh": script(
                "echo first; i=0; while [ $i -lt 300 ] && [ ! -e @RAN@.${GRIDWMS_JOB_ID##*/} ]; "
                "do sleep 1; i=$((i+1)); done; echo last"
            )
        },
        output={"out": b"first\nlast\n"},
        act="peek",
    ),
    Kind(
        "sweep",
        jdl(
            'JobType = "Parametric"; Parameters = 5; ParameterStart = 0; ParameterStep = 1; Executable = "run.sh";'
            ' Arguments = "_PARAM_"; InputSandbox = { "run.sh" };'
            ' StdOutput = "out._PARAM_"; OutputSandbox = { "out._PARAM_" };'
        ),
        {"run.sh": script(MARK + "echo part $1")},
        output={f"Node_{n}/out.{n}": b"part %d\n" % n for n in range(5)},
        runs=1,
        nodes=5,
    ),
    Kind(
        "collection",
        '[ Type = "Collection"; Nodes = { [ NodeName = "one"; Executable = "/bin/echo"; Arguments = "1";'
        ' StdOutput = "out";'
        ' OutputSandbox = { "out" }; Requirements = @WHERE@; ], [ NodeName = "two"; Executable = "/bin/false";'
        " Requirements = @WHERE@; ] }; ]",
        ends=("DONE", "OK", 1),
        output={"one/out": b"1\n"},
        nodes=2,
    ),
    Kind(
        "dag",
        '[ Type = "dag"; Nodes = [ make = [ Description = [ Executable = "/bin/sh";'
        " Arguments = \"-c 'echo ready >made'\";"
        ' OutputSandbox = { "made" }; Requirements = @WHERE@; ]; ]; check = [ Description = [ Executable = "/bin/cat";'
        ' Arguments = "made"; InputSandbox = { root.Nodes.make.Description.OutputSandbox[0] }; StdOutput = "out";'
        ' OutputSandbox = { "out" }; Requirements = @WHERE@; ]; ]; Dependencies = { { make, check } }; ]; ]',
        output={"make/made": b"ready\n", "check/out": b"ready\n"},
        nodes=2,
    ),
    Kind(
        "broken-dag",
        '[ Type = "dag"; Nodes = [ make = [ Description = [ Executable = "/bin/false"; Requirements = @WHERE@; ]; ];'
        ' after = [ Description = [ Executable = "/bin/true"; Requirements = @WHERE@; ]; ];'
        " Dependencies = { { make, after } }; ]; ]",
        ends=("ABORTED", None, None),
        nodes=2,
    ),
    Kind(
        "yaml",
        'run:\n  executable: run.sh\n  arguments: [two words, "$x"]\n  stdout: out\nfiles:\n  in: [run.sh]\n  '
        "out: [out]\n"
        "needs:\n  memory: 200 MiB\n  where: '@WHERE@'\nretry: {deep: 0, shallow: 1}\n",
        {"run.sh": script('printf "%s|" "$@"')},
        output={"out": b"two words|$x|"},
        ending="yaml",
    ),
    Kind(
        "toml",
        '[run]\nexecutable = "run.sh"\narguments = ["two words"]\nstdout = "out"\n'
        '[files]\nin = ["run.sh"]\nout = ["out"]\n'
        "[needs]\nwall_time = \"20 min\"\nwhere = '@WHERE@'\n",
        {"run.sh": script('printf "%s|" "$@"')},
        output={"out": b"two words|"},
        ending="toml",
    ),
    Kind(
        "submit-file",
        "executable = run.sh\narguments = \"'two words' $(Process)\"\noutput = out.txt\nerror = err.txt\n"
        "transfer_input_files = data\ntransfer_output_files = made\n"
        "+Requirements = @WHERE@\nqueue\n",
        {"run.sh": script('printf "%s|" "$@"; cat data >made'), "data": b"data\n"},
        output={"out.txt": b"two words|0|", "err.txt": b"", "made": b"data\n"},
        ending="sub",
    ),
    Kind(
        "jsdl",
        """<JobDefinition xmlns="http://schemas.ggf.org/jsdl/2005/11/jsdl" xmlns:p="http://schemas.ggf.org/jsdl/2005/11/jsdl-posix">
<JobDescription><Application><p:POSIXApplication><p:Executable>run.sh</p:Executable><p:Argument>two words</p:Argument>
<p:Output>out.txt</p:Output><p:WallTimeLimit>1200</p:WallTimeLimit></p:POSIXApplication></Application>
<Resources>@HOST@</Resources>
<DataStaging><FileName>run.sh</FileName><CreationFlag>overwrite</CreationFlag><Source><URI>run.sh</URI></Source></DataStaging>
<DataStaging><FileName>out.txt</FileName><CreationFlag>overwrite</CreationFlag><Target/></DataStaging>
</JobDescription></JobDefinition>
""",
        {"run.sh": script('printf "%s|" "$@"')},
        output={"out.txt": b"two words|"},
        ending="jsdl",
    ),
)
