"""What a wrapper is to do, as data. Rendered into the script by `gridwms.wrapper.render`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A file of the input sandbox: its name in the working directory and where it comes from.

    `source` empty: from the service, as input number `index`; else a URL (`http:`, `https:`, `file:`).
    """

    index: int
    name: str
    source: str = ""
    archive: bool = False
    """A tar file that is unpacked, packed with gzip or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An entry of the output sandbox that does not go to the service: its name or pattern, and its URL.

    A URL that ends in `/` is a place where files get their own names.
    """

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A file of OutputData: its path in the working directory, how and where it is sent, its logical name.

    A URL that ends in `/` is a place where it goes into a directory of the job's own.
    """

    path: str
    way: str
    url: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One attempt as its wrapper sees it. Text may hold any byte but NUL; the renderer quotes it.

    `arguments` and the two script arguments are split and expanded by the shell, as gLite does.
    `cpus`: processors in all. `mpi`: whose launcher the wrapper starts ("mpich", "openmpi", "mpi" for either), "" none.
    `interactive`: its standard streams go to those attached, through a terminal when `terminal` is set.
    `container`: the image in which the payload runs; a relative path is a file of the input sandbox.
    `max_output_bytes` -1: no limit. `peek_seconds` 0: no peeking. `service` is the base URL of the service
    (`http://127.0.0.1:8080`); `capability` opens the routes of this attempt alone.
    """

    tag: str
    job_id: str
    attempt: int
    service: str
    capability: str
    vo: str
    executable: str
    arguments: str = ""
    std_input: str = ""
    std_output: str = ""
    std_error: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    inputs: tuple[Input, ...] = ()
    outputs: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
    stored: tuple[Stored, ...] = ()
    prologue: str = ""
    prologue_arguments: str = ""
    epilogue: str = ""
    epilogue_arguments: str = ""
    cpus: int = 1
    mpi: str = ""
    interactive: bool = False
    terminal: bool = False
    container: str = ""
    credentials: bool = False
    """Whether it carries what its user has delegated."""
    brokerinfo: str = ""
    """The text of .BrokerInfo; empty: the job gets none."""
    max_output_bytes: int = -1
    peek_seconds: int = 0
    ce: str = ""
    authority: str = ""
    """PEM: whom to trust for the certificate of the service. Empty: the authorities of the worker node."""
    site_hooks: str = ""
    """A directory of hooks on the worker node (cp_1.sh, cp_1_5.sh, cp_2.sh, cp_3.sh, <vo>/jobwrapper-hook.sh)."""
