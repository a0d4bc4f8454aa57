"""Files there and back: input sandboxes to where a service wants them, output from where it has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from gridwms.glite.description import Upload
from gridwms.glite.failure import Failure
from gridwms.glite.https import Https, NotReached
from gridwms.glite.wmproxy import JobIds

PROTOCOL = "https"
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Sending:
    """A local file and the URI it goes to."""

    path: Path
    uri: str


def plan(job: JobIds, files: Sequence[Upload], places: Mapping[str, Sequence[str]]) -> list[Sending]:
    """Where each file goes. `places`: as the service told them by id. Raises Failure when it told none for one."""
    by_name = {one.name: one.id for one in job.all() if one.name}
    plans = []
    for file in files:
        owner = by_name.get(file.node, "") if file.node else job.id
        uris = [uri for uri in places.get(owner, ()) if urlsplit(uri).scheme == PROTOCOL]
        if not uris:
            raise Failure("Operation failed", f"The service names no https address for {file.path}")
        plans.append(Sending(file.path, f"{uris[0].rstrip('/')}/{quote(file.name, safe='')}"))
    return plans


def send(https: Https, files: Sequence[Sending], timeout: float | None) -> list[str]:
    """Send all; what went wrong, a sentence each."""

    def one(file: Sending) -> str:
        try:
            https.put(file.uri, file.path, timeout)
        except (NotReached, OSError) as error:
            return f"{file.path}: {error}"
        return ""

    if files:
        https.warm(files[0].uri)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [wrong for wrong in pool.map(one, files) if wrong]


def fetch(https: Https, uris: Sequence[str], directory: Path, timeout: float | None) -> list[str]:
    """Fetch all into a directory; what went wrong, a sentence each. Raises Failure for a name that is none."""
    files = [(uri, directory / file_name(uri)) for uri in uris]
    wrong = []
    for uri, path in files:
        try:
            https.get(uri, path, timeout)
        except (NotReached, OSError) as error:
            wrong.append(f"{uri}: {error}")
    return wrong


def file_name(uri: str) -> str:
    """The name that a file has here. Raises Failure for one that would lead out of its directory."""
    name = unquote(urlsplit(uri).path.rpartition("/")[2])
    if name in ("", ".", "..") or "/" in name or "\\" in name or not name.isprintable():
        raise Failure("Operation failed", f"The service offers {uri!a}, whose last part is no file name")
    return name


def make_directory(path: Path) -> Path:
    """The directory, made where it is not. Raises Failure."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure("File Error", f"Unable to create the directory: {path} ({error.strerror})") from error
    return path
