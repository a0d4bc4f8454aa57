"""The two ways in which submit files write arguments and environments (HTCondor manual, condor_submit)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ITEM = re.compile(r"'((?:[^']|'')*)'|([^\s']+)|(\s+)")


class QuotingTrouble(Exception):
    """The quotes do not fit together; the text says how."""


def read_arguments(text: str) -> tuple[str, ...]:
    """The words. In double quotes: the new form, else the old one, in which only `\\"` is special."""
    text = text.strip()
    if text.startswith('"'):
        return _split(_inside(text))
    if re.search(r'(?<!\\)"', text):
        raise QuotingTrouble(
            'a double quote stands in the old form; write \\" there, or put the whole in double quotes'
        )
    return tuple(word.replace('\\"', '"') for word in text.split())


def read_environment(text: str) -> tuple[tuple[str, str], ...]:
    """Names and values. In double quotes: the new form, else `NAME=value;NAME=value`."""
    text = text.strip()
    items = _split(_inside(text)) if text.startswith('"') else [item for item in text.split(";") if item.strip()]
    found = []
    for item in items:
        name, sign, value = item.partition("=")
        if not sign:
            raise QuotingTrouble(f"{item[:60]!r} has no '='")
        found.append((name.strip(), value))
    return tuple(found)


def write_arguments(words: Iterable[str]) -> str:
    """The new form."""
    return '"' + " ".join(map(_quoted, words)).replace('"', '""') + '"'


def write_environment(variables: Iterable[tuple[str, str]]) -> str:
    """The new form."""
    return write_arguments(f"{name}={value}" for name, value in variables)


def _inside(text: str) -> str:
    if len(text) < 2 or not text.endswith('"') or re.search(r'(?<!")(?:"")*"(?!")', text[1:-1]):
        raise QuotingTrouble('the double quotes do not match; inside of them a double quote is written ""')
    return text[1:-1].replace('""', '"')


def _split(text: str) -> tuple[str, ...]:
    words: list[str] = []
    word: str | None = None
    position = 0
    while position < len(text):
        item = _ITEM.match(text, position)
        if item is None:
            raise QuotingTrouble("a single quote is not closed")
        position = item.end()
        if item[3] is not None:
            if word is not None:
                words.append(word)
            word = None
        else:
            piece = item[1].replace("''", "'") if item[1] is not None else item[2]
            word = (word or "") + piece
    if word is not None:
        words.append(word)
    return tuple(words)


def _quoted(word: str) -> str:
    if word and not re.search(r"[\s']", word):
        return word
    return "'" + word.replace("'", "''") + "'"
