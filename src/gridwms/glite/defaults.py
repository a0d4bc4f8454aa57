"""What descriptions lack: defaults of the configuration, of --default-jdl, and the VO (gLite reference §8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gridwms.glite.description import Prepared, prepare, read_defaults, text_of

if TYPE_CHECKING:
    from gridwms.client.submission import Description
    from gridwms.glite.session import Session


def completed(
    session: Session,
    source: Description,
    changes: Mapping[str, str | int] | None = None,
    node_changes: Mapping[str, str] | None = None,
) -> Prepared:
    """The description with what it lacks, and with what options of the command put in its place. Raises Failure."""
    given, settings, user = session.given, session.settings, session.user
    defaults = [settings.jdl] if settings.jdl is not None else []
    if user.vo:  # the proxy's VO counts, whatever the configuration says
        defaults = [one.without(["VirtualOrganisation"]) for one in defaults]
    if given.has("default-jdl"):
        defaults.append(read_defaults(given.text("default-jdl")))
    prepared = prepare(source, defaults, changes or {}, node_changes)
    vo = user.vo or given.text("vo") or settings.vo
    if vo and not text_of(prepared.ad, "VirtualOrganisation"):
        prepared = prepare(prepared.source, (), {"VirtualOrganisation": vo})
    return prepared
