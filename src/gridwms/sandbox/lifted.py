"""Archives in the layout of gLite's own client: every file under the path that the server told for the job.

That client packs `<path>/<name>`, because gLite's server unpacked all archives in one place (gLite reference §4.4).
Here an archive is unpacked in the directory of the job, so the path goes.
"""

from __future__ import annotations

import os
import secrets
import tarfile
from pathlib import Path

from gridwms.sandbox.names import TEMPORARY


def lift(path: Path, below: str) -> bool:
    """Rewrite the archive without the directories up to `below` (which ends in `/`), when all of its files lie there.

    Whether it was. The archive must have been found good; links that go up may mean another place afterwards, so it is
    to be looked at again.
    """
    with tarfile.open(path) as archive:
        members = [member for member in archive if not (member.isdir() and _above(member.name, below))]
        if not members or any(_inner(member.name, below) is None for member in members):
            return False
        draft = path.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
        try:
            with draft.open("xb") as target:
                os.fchmod(target.fileno(), 0o600)
                with tarfile.open(fileobj=target, mode="w:gz", format=tarfile.PAX_FORMAT, compresslevel=1) as made:
                    for member in members:
                        content = archive.extractfile(member) if member.isreg() else None
                        member.name = _inner(member.name, below) or "."
                        if member.islnk():
                            member.linkname = _inner(member.linkname, below) or member.linkname
                        member.pax_headers = {}
                        made.addfile(member, content)
                target.flush()
                os.fsync(target.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    return True


def _inner(name: str, below: str) -> str | None:
    _before, found, inner = f"/{name.removeprefix('./')}".partition(f"/{below}")
    return inner if found and inner else None


def _above(name: str, below: str) -> bool:
    return f"{name.rstrip('/')}/".endswith(below) or below not in name
