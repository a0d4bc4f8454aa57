"""Where files of jobs go on this machine (gLite reference §8.3)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gridwms.glite.jobids import unique_of

if TYPE_CHECKING:
    from gridwms.glite.session import Session


def directory_for(session: Session, job: str, word: str) -> Path:
    """The directory of a job's files. `word`: what names it where LOGNAME is not set."""
    given = session.given
    base = Path(given.text("dir") or session.settings.text("OutputStorage") or "/tmp").expanduser()  # noqa: S108
    if given.has("nosubdir"):
        return base.absolute()
    return (base / f"{os.environ.get('LOGNAME') or word}_{unique_of(job)}").absolute()
