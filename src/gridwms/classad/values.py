"""The values of the ClassAd language that Python has no type for, and the union of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, Union

if TYPE_CHECKING:
    from gridwms.classad.ad import ClassAd


class Undefined:
    """The type of `UNDEFINED`: what is asked for is not there."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __reduce__(self) -> str:
        return "UNDEFINED"

    def __bool__(self) -> bool:
        return False


class Error:
    """The type of `ERROR`: the operands do not fit the operation."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ERROR"

    def __reduce__(self) -> str:
        return "ERROR"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = Undefined()
ERROR: Final = Error()


@dataclass(frozen=True, slots=True)
class AbsoluteTime:
    """An instant in seconds since 1970 UTC, and the zone it was written in (seconds east of UTC)."""

    seconds: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class RelativeTime:
    """A span of time in seconds."""

    seconds: float


Scalar: TypeAlias = bool | int | float | str | Undefined | Error | AbsoluteTime | RelativeTime
Value: TypeAlias = Union[Scalar, "ClassAd", tuple["Value", ...]]

INTEGER_MIN: Final = -(2**63)
INTEGER_MAX: Final = 2**63 - 1


def wrap_32(number: int) -> int:
    """What is left of a number where HTCondor keeps it in 32 bits."""
    return ((number + 2**31) & (2**32 - 1)) - 2**31


def wrap_integer(number: int) -> int:
    """Integers are 64 bits and wrap, as in HTCondor."""
    if INTEGER_MIN <= number <= INTEGER_MAX:
        return number
    return ((number + 2**63) & (2**64 - 1)) - 2**63
