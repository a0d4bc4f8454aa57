"""Which events are wanted: the same in streams and in subscriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gridwms.client.find import key_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Several values of one kind: any of them. Several kinds: all must hold. Nothing: all events of one's own jobs.

    `jobs`, `parents`: ids or keys; `parents` are compound jobs, whose nodes are meant. `states`: events that brought a
    job there; DONE_OK, DONE_FAILED and ENDED are understood too. `owner`: whose jobs, `*` for everybody's.
    """

    jobs: Sequence[str] = ()
    parents: Sequence[str] = ()
    vos: Sequence[str] = ()
    states: Sequence[str] = ()
    types: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""

    def values(self, url: str) -> dict[str, list[str]]:
        """Names and values as the service at `url` takes them. Raises WrongService, NotThere."""
        found = {
            "job": [key_at(job, url) for job in self.jobs],
            "parent": [key_at(job, url) for job in self.parents],
            "vo": list(self.vos),
            "state": list(self.states),
            "type": list(self.types),
            "tag": [f"{name}={value}" for name, value in self.tags.items()],
            "owner": [self.owner] if self.owner else [],
        }
        return {name: values for name, values in found.items() if values}
