"""Writes the wrapper of one attempt: the frame `wrapper.sh` with the data of a `Task` at its top, then the
parts of `shell/`.

Every value stands between single quotes, where a shell expands nothing; what has a form (tag, URL, capability) is
checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from urllib.parse import quote as percent
from urllib.parse import unquote_to_bytes

from gridwms.wrapper.task import Input, Stored, Target, Task

PARTS = (
    "words", "clock", "processes", "events", "ending", "sandboxes", "usage", "preparation", "steps", "near", "memory",
)  # fmt: skip
"""The files of `shell/` in the order in which they stand in every script."""
FAR_PARTS = ("transfers", "peeking")
"""Those that follow, which a job at a site near the service may do without; those of some jobs come last."""

SHARED = "\n#: shared\n"
"""Stands once in every script: what is above it belongs to the attempt, what follows to all attempts of equal jobs."""

_COMMENT = re.compile(r"^[ \t]*#(?! shellcheck disable).*\n|^\n", re.MULTILINE)
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_CAPABILITY = re.compile(r"[A-Za-z0-9._~+/=-]*")
_SERVICE = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]+(?:/[A-Za-z0-9._~/-]*)?")
_VARIABLE = re.compile(r"(\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\}))")
"""What is expanded in the path of an executable of the node; all else in it is taken as it stands."""
_SEVERAL = re.compile(r"[;|&\n`#]|\$\(")
"""What may make several commands of a line: those without it are run in the place of their shell."""
_SIMPLE = re.compile(r"exec (?:[A-Za-z0-9_./:=,@%+ -]|'[^']*')*")
"""A line in which a shell has nothing to do but to take the words apart."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OWN = re.compile(r"\bgw_[a-z_0-9]+")
_SHELLS_OWN = re.compile(
    r"BASH.*|COMP_.*|DIRSTACK|EUID|UID|PPID|FUNCNAME|GROUPS|HISTCMD|IFS|LINENO|OLDPWD|PWD|OPTARG|OPTIND|OPTERR"
    r"|PIPESTATUS|POSIXLY_CORRECT|RANDOM|LINES|COLUMNS|SECONDS|EPOCH.*|SHELLOPTS|SHLVL|SRANDOM|ENV|PS[0-9]|_|gw_.*"
)
"""Variables that a shell sets, reads or forbids for itself: given to the payload by `env`, past every shell."""


CARRIED = ("X509_USER_PROXY", "BEARER_TOKEN_FILE")
"""What those find that carry credentials."""

GIVEN = ("GLITE_WMS_JOBID", "GRIDWMS_JOB_ID", "GRIDWMS_ATTEMPT", "GRIDWMS_CE")
"""What every payload finds in its environment besides its own."""


def quote(text: str) -> str:
    """`text` as one word of a shell, whatever it holds. ValueError: NUL, which no shell can hold."""
    if "\0" in text:
        raise ValueError(f"a NUL byte cannot be handed to a program: {text[:60]!r}")
    return "'" + text.replace("'", "'\\''") + "'"


def render(task: Task) -> str:
    """The whole script. It holds the capability: keep it readable to the owner alone, off every command line.

    Written to a file as UTF-8 with surrogate escapes. ValueError says which value cannot be handed over.
    """
    return Frame(task).render(task.tag, task.job_id, task.attempt, task.capability)


class Frame:
    """The script of a task, to be filled in for many attempts that differ in nothing but names and secret.

    ValueError says which value of the task cannot be handed over.
    """

    def __init__(self, task: Task) -> None:
        self._head, tail = _template(_special(task))
        self._tail = SHARED + "\n".join((*_data(task), tail))

    def render(self, tag: str, job_id: str, attempt: int, capability: str) -> str:
        """The script of one attempt. ValueError as above."""
        if _TAG.fullmatch(tag) is None:
            raise ValueError(f"this is no tag: {tag[:60]!r}")
        if _CAPABILITY.fullmatch(capability) is None:
            raise ValueError("this is no capability")
        own = (
            f"gw_tag={quote(tag)}",
            f"gw_job_id={quote(job_id)}",
            f"gw_attempt={attempt:d}",
            f"gw_capability={quote(capability)}",
        )
        return "".join((self._head, "\n".join(own), self._tail))


def _special(task: Task) -> tuple[str, ...]:
    """The parts that this job needs besides those of every job."""
    wanted = {
        "credentials": task.credentials,
        "mpi": task.mpi or task.cpus > 1,
        "console": task.interactive,
        "container": bool(task.container),
        "archives": any(entry.archive for entry in task.inputs),
        "sending": bool(task.targets or task.stored),
        "targets": bool(task.targets),
        "outputdata": bool(task.stored),
        "brokerinfo": bool(task.brokerinfo),
    }
    return tuple(name for name, yes in wanted.items() if yes)


@cache
def leftover() -> str:
    """A shell function for what starts wrappers: see leftover.sh."""
    return resources.files("gridwms.wrapper").joinpath("leftover.sh").read_text("utf-8")


@cache
def _template(special: tuple[str, ...]) -> tuple[str, str]:
    """What stands before and after the data: the frame, and in it the parts, without their comments."""
    folder = resources.files("gridwms.wrapper")
    before, frame = folder.joinpath("wrapper.sh").read_text("utf-8").split("#: data\n", 1)
    begin, rest = frame.split("#: end of data\n", 1)[1].split("#: parts\n", 1)
    middle, end = rest.split("#: far parts\n", 1)

    def text(names: Iterable[str]) -> str:
        return "".join(folder.joinpath(f"shell/{name}.sh").read_text("utf-8") for name in names)

    near = _COMMENT.sub("", "".join([begin, text(PARTS), middle]))
    far = _COMMENT.sub("", "".join([text((*FAR_PARTS, *special)), end]))
    python, bash = (
        _COMMENT.sub("", folder.joinpath(f"transport.{kind}").read_text("utf-8")) for kind in ("py", "bash")
    )
    own = sorted({*_OWN.findall(frame), *_OWN.findall(near), *_OWN.findall(far)})
    scripts = f"gw_python={quote(python)}\ngw_bash={quote(bash)}\n"
    if "console" in special:
        script = _COMMENT.sub("", folder.joinpath("console.py").read_text("utf-8"))
        scripts += f"gw_console_python={quote(script)}\n"
    if "brokerinfo" in special:
        script = folder.joinpath("glite-brokerinfo.sh").read_text("utf-8")
        scripts += f"gw_brokerinfo_command={quote(script)}\n"
    return f"{before}unset -v {' '.join(own)}\n", near + scripts + far


def _data(task: Task) -> Iterable[str]:
    _check(task)
    odd = " ".join(quote(f"{name}={value}") for name, value in task.environment if _is_odd(name))
    env = f"env {odd}" if odd else ""
    yield f"gw_service={quote(task.service.rstrip('/'))}"
    yield f"gw_authority={quote(task.authority)}"
    yield f"gw_vo={quote(task.vo)}"
    yield f"gw_ce={quote(task.ce)}"
    yield f"gw_hooks={quote(task.site_hooks)}"
    yield f"gw_executable={quote(task.executable)}"
    yield f"gw_executable_word={quote(_word(task.executable))}"
    line = _command(env, task.executable, task.arguments)
    special = bool(_special(task))
    yield f"gw_line={quote(line.removeprefix('exec ') if task.mpi or task.container else line)}"
    yield f"gw_simple={quote('1' if _SIMPLE.fullmatch(line) and not special else '')}"
    yield f"gw_stdin={quote(_place(task.std_input))}"
    yield f"gw_stdout={quote(_place(task.std_output))}"
    yield f"gw_stderr={quote(_place(task.std_error))}"
    for step, script, arguments in (
        ("prologue", task.prologue, task.prologue_arguments),
        ("epilogue", task.epilogue, task.epilogue_arguments),
    ):
        yield f"gw_{step}={quote(script)}"
        yield f"gw_{step}_word={quote(_word(script))}"
        yield f"gw_{step}_line={quote(_command(env, script, arguments) if script else '')}"
    yield f"gw_far={quote('1' if _is_far(task) else '')}"
    yield f"gw_limit={task.max_output_bytes:d}"
    yield f"gw_peek_seconds={task.peek_seconds:d}"
    if task.mpi or task.cpus > 1:
        names = (name for name, _ in task.environment if not _is_odd(name))
        yield f"gw_cpus={task.cpus:d}"
        yield f"gw_mpi={quote(task.mpi)}"
        yield f"gw_names={quote(' '.join((*GIVEN, *(CARRIED if task.credentials else ()), *names)))}"
    if task.container:
        yield f"gw_image={quote(task.container)}"
    if task.brokerinfo:
        yield f"gw_brokerinfo={quote(task.brokerinfo)}"
    if task.targets:
        yield from _function("targets", map(_target, task.targets))
    if task.stored:
        yield from _function("uploads", map(_stored, task.stored))
    if any(entry.archive for entry in task.inputs):
        yield from _function("archives", (f"gw_archive {quote(entry.name)}" for entry in task.inputs if entry.archive))
    if task.terminal:
        yield "gw_terminal=1"
    yield from _function("environment", (f"export {n}={quote(v)}" for n, v in task.environment if not _is_odd(n)))
    yield from _function("inputs", (f"gw_input {i.index:d} {quote(i.name)} {quote(_url(i))}" for i in task.inputs))
    yield from _function("outputs", (f"gw_output {quote(name)}" for name in task.outputs))


def _is_far(task: Task) -> bool:
    """Whether more is to be done than a site near the service takes off the wrapper."""
    remote = any(entry.source and not entry.source.startswith("file:") for entry in task.inputs)
    return remote or task.peek_seconds > 0 or bool(task.prologue) or bool(_special(task))


def _function(name: str, lines: Iterable[str]) -> Iterable[str]:
    yield f"gw_{name}() {{"
    yield ":"
    yield from lines
    yield "}"


def _command(env: str, program: str, arguments: str) -> str:
    """The line that a shell on the node runs: the program as it is named, the arguments as the user wrote them."""
    line = " ".join(part for part in (env, _word(program), arguments) if part)
    return line if _SEVERAL.search(line) else f"exec {line}"


def _word(program: str) -> str:
    """The program as a word of the shell: only variables at work in a path of the node are expanded."""
    if not _VARIABLE.match(program):
        return quote(_place(program))
    parts = [part for part in _VARIABLE.split(program) if part]
    return "".join(f'"{part}"' if _VARIABLE.fullmatch(part) else quote(part) for part in parts)


def _place(name: str) -> str:
    """A file name as a path: relative ones begin with `./`, so that none looks like an option."""
    return name if not name or name.startswith("/") else f"./{name}"


def _is_odd(name: str) -> bool:
    return _NAME.fullmatch(name) is None or _SHELLS_OWN.fullmatch(name) is not None


WAYS = {"file": "file", "http": "put", "https": "put"}
"""The scheme of a destination to the way of `shell/sending.sh` that sends there."""


def _target(target: Target) -> str:
    scheme, _, rest = target.url.partition(":")
    if scheme not in WAYS:
        raise ValueError(f"the wrapper cannot send to {target.url!r}: only {', '.join(WAYS)}")
    place = target.url
    if scheme == "file":
        place = unquote_to_bytes(re.sub(r"^//[^/]*", "", rest)).decode("utf-8", "surrogateescape")
    else:
        place = _plain_url(target.url)
    return f"gw_target {quote(target.name)} {WAYS[scheme]} {quote(place)}"


def _stored(file: Stored) -> str:
    if file.way not in ("put", "file", "xrdcp", "gfal"):
        raise ValueError(f"the wrapper cannot send by {file.way!r}")
    place = file.url
    if file.way == "file":
        place = unquote_to_bytes(re.sub(r"^file:(//[^/]*)?", "", place)).decode("utf-8", "surrogateescape")
    elif file.way == "put":
        place = _plain_url(place)
    return f"gw_upload {quote(file.path)} {file.way} {quote(place)} {quote(file.name)}"


def _url(source: Input) -> str:
    """The source as the batch of the wrapper can hold it: one plain word."""
    if source.source.startswith("file:"):
        return "file://" + re.sub(r"^file:(//)?", "", source.source)
    return _plain_url(source.source)


def _plain_url(url: str) -> str:
    return percent(url, safe="%/:?#[]@!$&'()*+,;=~-._", errors="surrogateescape")


def _check(task: Task) -> None:
    """ValueError: a value that has a form and is not of it."""
    if _SERVICE.fullmatch(task.service) is None:
        raise ValueError(f"this is no service URL: {task.service[:60]!r}")
    for entry in task.inputs:
        if entry.name in ("", ".", "..") or "/" in entry.name:
            raise ValueError(f"an input sandbox file needs a plain name, not {entry.name!r}")
        if entry.source and not re.match(r"(?i)(https?://|file:)", entry.source):
            raise ValueError(f"the wrapper cannot fetch {entry.source!r}: only http, https and file")
    if not task.executable:
        raise ValueError("there is no executable")
    for name, _ in task.environment:
        if not name or "=" in name:
            raise ValueError(f"this is no name of an environment variable: {name!r}")
