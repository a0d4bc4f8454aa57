"""Names of jobs and attempts.

A job's key is 22 letters and digits (131 bits when drawn at random); its id is the URL that ends in it.
An attempt's tag travels with every submission to a site, so that it can be found there again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import blake2b

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KEY_LENGTH = 22
_PAIR = [first + second for first in LETTERS for second in LETTERS]
_PAIRS = len(_PAIR)
_LETTER_OF_BYTE = bytes(ord(LETTERS[byte % len(LETTERS)]) for byte in range(256))
_KEY = re.compile(rf"[0-9A-Za-z]{{{KEY_LENGTH}}}")
_TAG = re.compile(rf"gw-([0-9A-Za-z]{{{KEY_LENGTH}}})-([1-9][0-9]{{0,5}})")


def new_key(below: Callable[[int], int]) -> str:
    """A new job key; `below` draws a number from 0 up to its argument, not included (`secrets.randbelow`)."""
    number = below(_PAIRS ** (KEY_LENGTH // 2))
    pairs = []
    for _ in range(KEY_LENGTH // 2):
        number, pair = divmod(number, _PAIRS)
        pairs.append(_PAIR[pair])
    return "".join(pairs)


def node_key(parent: str, node: int) -> str:
    """The key of a node: follows from its parent's, so that a hundred thousand need not be drawn and logged."""
    digest = blake2b(f"{parent}/{node}".encode(), digest_size=KEY_LENGTH).digest()
    return digest.translate(_LETTER_OF_BYTE).decode("ascii")


def is_key(text: str) -> bool:
    """Whether `text` has the form of a job key."""
    return _KEY.fullmatch(text) is not None


def key_of(job: str) -> str:
    """The key in a job id (URL) or key; ValueError with a sentence when there is none."""
    key = job.rstrip("/").rsplit("/", 1)[-1]
    if not is_key(key):
        raise ValueError(
            f"'{job}' is not a job id: expected a URL ending in {KEY_LENGTH} letters and digits, or those alone"
        )
    return key


def tag_of(key: str, attempt: int) -> str:
    """The tag of an attempt: fits every batch system's rules for job names."""
    return f"gw-{key}-{attempt}"


def parse_tag(tag: str) -> tuple[str, int]:
    """The job key and the attempt number of a tag; ValueError when it is none."""
    found = _TAG.fullmatch(tag)
    if found is None:
        raise ValueError(f"'{tag}' is not the tag of an attempt (gw-<job>-<number>)")
    return found[1], int(found[2])
