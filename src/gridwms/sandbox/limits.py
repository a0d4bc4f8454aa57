"""How much a job may keep at the service."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.sandbox.errors import TooLarge

UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes a file and a job, files a job: for the input and, separately, for the output of each attempt."""

    input_file: int = 1 << 30
    input_job: int = 2 << 30
    output_file: int = 2 << 30
    output_job: int = 4 << 30
    output_files: int = 1000
    peek_file: int = 64 << 20


def check_file(name: str, size: int, limit: int) -> None:
    """Raise TooLarge when a file of `size` bytes is over `limit`."""
    if size > limit:
        raise TooLarge(
            f"The file '{name}' is larger than the {human(limit)} that the service accepts.",
            "Make it smaller, or keep it on a storage system and give its URL.",
        )


def check_total(what: str, size: int, limit: int) -> None:
    """Raise TooLarge when all files together, `size` bytes, are over `limit`."""
    if size > limit:
        raise TooLarge(
            f"The {what} of this job would be larger than the {human(limit)} that the service accepts for a job.",
            "Send less, or keep large files on a storage system and give their URLs.",
        )


def human(size: int) -> str:
    """A size in words: `1.5 GiB`, `12 bytes`."""
    value, unit = float(size), 0
    while value >= 1024 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f}".removesuffix(".0") + f" {UNITS[unit]}"
