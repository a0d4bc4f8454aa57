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
        self._names: dict[bytes, tuple[str, str]] = {}
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
        dn = ""
        texts: dict[str, list[str]] = {}
        for line in block.split(b"\n"):
            name, colon, value = line.partition(b":")
            if not colon or not name or line[:1] in (b"#", b" "):
                continue
            if value[:1] == b":":
                try:
                    text = decoded(base64.b64decode(value[1:].strip(), validate=True))
                except binascii.Error:
                    continue
            else:
                text = decoded(value.strip())
            known = self._names.get(name)
            if known is None:
                spelling = decoded(name)
                known = self._names[name] = spelling.lower(), spelling
                self._spellings.setdefault(*known)
            if known[0] == "dn":
                dn = dn or text
            elif text:
                texts.setdefault(known[0], []).append(text)
        return Entry(dn, texts, self._spellings) if dn else None


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
