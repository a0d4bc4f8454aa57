"""What is to be done about an event, told as data: written to the outbox with it, performed afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Effect:
    """Something to do for one attempt of a job, any number of times with the same result."""

    kind: ClassVar[str]
    attempt: int
    site: str


class Deliver(Effect):
    """Hand the attempt over to its site."""

    __slots__ = ()
    kind = "deliver"


class Withdraw(Effect):
    """See to it that the attempt does not run, or stops running, at its site."""

    __slots__ = ()
    kind = "withdraw"


class Forget(Effect):
    """Let the site remove what it still keeps of the attempt."""

    __slots__ = ()
    kind = "forget"


class Register(Effect):
    """Register in catalogues what the attempt has stored; its site is `CATALOGUES`."""

    __slots__ = ()
    kind = "register"


CATALOGUES = "catalogues:"
"""Stands in the outbox in the place of a site; no site can be called so."""

EFFECT_TYPES: dict[str, type[Effect]] = {cls.kind: cls for cls in (Deliver, Withdraw, Forget, Register)}
