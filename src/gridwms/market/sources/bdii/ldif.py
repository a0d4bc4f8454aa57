"""LDIF as `ldapsearch -LLL -o ldif-wrap=no` prints it: a block of lines an entry, a blank line between.

A block that was seen in the last round gives the same Entry again, so that a round costs what has changed since.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator

from gridwms.market.sources.bdii.entry import Entry


class LdifReader:
    """Reads round after round of one directory."""

    def __init__(self) -> None:
        self._known: dict[bytes, Entry] = {}
        self._names: dict[str, str] = {}
        self._spellings: dict[str, str] = {}

    def round(self, chunks: Iterable[bytes]) -> Iterator[Entry]:
        """The entries of one answer, which comes in pieces of any size. What is no entry is passed over."""
        known = self._known
        seen: set[int] = set()
        for block in _blocks(chunks):
            entry = known.get(block)
            if entry is None:
                entry = self._entry(block)
                if entry is None:
                    continue
                known[block] = entry
            seen.add(id(entry))
            yield entry
        # One by one: letting go of fifty thousand at once would hold up every other thread for 20 ms.
        for block in [block for block, entry in known.items() if id(entry) not in seen]:
            del known[block]

    def _entry(self, block: bytes) -> Entry | None:
        try:
            lines = block.decode().split("\n")
        except UnicodeDecodeError:
            lines = [decoded(line) for line in block.split(b"\n")]
        dn = ""
        texts: dict[str, list[str]] = {}
        names = self._names
        for line in lines:
            name, colon, value = line.partition(":")
            folded = names.get(name)
            if folded is None:
                if not colon or not name or line[:1] in ("#", " "):
                    continue
                folded = names[name] = name.lower()
                self._spellings.setdefault(folded, name)
            text = value.strip() if value[:1] != ":" else _of_base64(value[1:])
            if not text:
                continue
            if folded in texts:
                texts[folded].append(text)
            elif folded != "dn":
                texts[folded] = [text]
            elif not dn:
                dn = text
        return Entry(dn, texts, self._spellings) if dn else None


def _of_base64(value: str) -> str:
    """The text that stands in base64; "" when it does not."""
    try:
        return decoded(base64.b64decode(value.strip(), validate=True)).strip()
    except (binascii.Error, ValueError):
        return ""


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n\n")
        for block in whole:
            if block.strip():
                yield block.strip(b"\n")
    if rest.strip():
        yield rest.strip(b"\n")


def decoded(raw: bytes) -> str:
    """Text as it should be encoded; else as old providers encode it, in Latin-1, where every byte is a letter."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
