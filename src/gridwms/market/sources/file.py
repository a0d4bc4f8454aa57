"""Resource ads in a file: TOML tables `[[resource]]`, or ClassAds one after the other.

In TOML, names are GLUE names and values are strings, numbers, truth values, lists and tables; the string of
Requirements or Rank is an expression. The file is read anew each time, so edits take effect without a restart.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gridwms.classad import ClassAd, ClassAdSyntaxError, Expr, parse_ad, parse_expression
from gridwms.classad.ad import to_expression
from gridwms.market.source import SourceError

EXPRESSIONS = frozenset({"requirements", "rank"})
_IDS = frozenset({"glueceuniqueid", "glueseuniqueid"})


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file: `*.toml`, or any other name for ClassAds."""

    name: str
    path: Path
    seconds: float = 60.0
    kind: str = "file"
    timeout: float = 0.0
    complete: bool = True
    exact: bool = False
    notes: Sequence[str] = ()

    @property
    def where(self) -> str:
        """The path."""
        return str(self.path)

    def fetch(self) -> list[ClassAd]:
        """All ads of the file. Raises SourceError naming file and line."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except OSError as trouble:
            raise SourceError(f"cannot read {self.path}: {trouble.strerror or trouble}") from trouble
        except UnicodeDecodeError as trouble:
            raise SourceError(f"{self.path}: byte {trouble.start} is not UTF-8") from trouble
        if self.path.suffix == ".toml":
            return read_toml(text, str(self.path))
        return read_ads(text, str(self.path))


def read_toml(text: str, origin: str) -> list[ClassAd]:
    """The ads of the `[[resource]]` tables; `origin` names the file in errors. Raises SourceError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as trouble:
        raise SourceError(f"{origin}: {trouble}") from trouble
    tables = document.pop("resource", [])
    if document:
        raise SourceError(f"{origin}: '{next(iter(document))}' is not known; accepted: tables [[resource]]")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SourceError(f"{origin}: 'resource' is not a list of tables; write [[resource]] above each")
    return [_table(table, number, text, origin) for number, table in enumerate(tables, 1)]


def _table(table: dict[str, object], number: int, text: str, origin: str) -> ClassAd:
    where = f"{origin}, line {_line_of(text, number)}"
    try:
        ad = ad_of_values(table)
    except ValueError as trouble:
        raise SourceError(f"{where}: {trouble}") from trouble
    if not _IDS & ad.expressions.keys():
        raise SourceError(f"{where}: this [[resource]] has no GlueCEUniqueID")
    return ad


def ad_of_values(values: Mapping[str, object]) -> ClassAd:
    """An ad of plain values; the string of Requirements or Rank is an expression. Raises ValueError with a sentence."""
    items: list[tuple[str, Expr]] = []
    for name, value in values.items():
        try:
            if name.lower() in EXPRESSIONS and isinstance(value, str):
                items.append((name, parse_expression(value)))
            else:
                items.append((name, to_expression(value)))  # type: ignore[arg-type]
        except ClassAdSyntaxError as trouble:
            raise ValueError(f"{name}: {trouble}") from trouble
        except (TypeError, ValueError, RecursionError) as trouble:
            raise ValueError(f"{name}: {value!r} cannot stand in an ad ({trouble})") from trouble
    return ClassAd(items)


def _line_of(text: str, number: int) -> int:
    """The line of the `number`-th [[resource]]."""
    for line, content in enumerate(text.splitlines(), 1):
        if content.strip().replace(" ", "").startswith("[[resource]]"):
            number -= 1
            if number == 0:
                return line
    return 1


def read_ads(text: str, origin: str) -> list[ClassAd]:
    """ClassAds in brackets, one after the other, with comments between. Raises SourceError."""
    ads: list[ClassAd] = []
    for line, column, piece in _pieces(text, origin):
        try:
            ad = parse_ad(piece)
        except ClassAdSyntaxError as trouble:
            place = f"line {line + trouble.line - 1}"
            place += f", column {trouble.column + (column - 1 if trouble.line == 1 else 0)}"
            raise SourceError(f"{origin}, {place}: {trouble.message}") from trouble
        if not _IDS & ad.expressions.keys():
            raise SourceError(f"{origin}, line {line}: this ad has no GlueCEUniqueID")
        ads.append(ad)
    return ads


def _pieces(text: str, origin: str) -> Iterator[tuple[int, int, str]]:
    """Each top-level `[...]` with line and column of its bracket; brackets in strings and comments do not count."""
    depth = start = position = 0
    while position < len(text):
        character = text[position]
        if character in "\"'":
            position = _after_quoted(text, position)
            continue
        if text.startswith("//", position) or (character == "#" and depth == 0):
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
            continue
        if text.startswith("/*", position):
            end = text.find("*/", position + 2)
            position = len(text) if end < 0 else end + 2
            continue
        if character == "[":
            if depth == 0:
                start = position
            depth += 1
        elif character == "]":
            depth -= 1
            if depth == 0:
                yield (*_place(text, start), text[start : position + 1])
        elif depth == 0 and not character.isspace():
            line, column = _place(text, position)
            raise SourceError(f"{origin}, line {line}, column {column}: found {character!r}, expected '[' or the end")
        if depth < 0:
            line, column = _place(text, position)
            raise SourceError(f"{origin}, line {line}, column {column}: found ']' without a '['")
        position += 1
    if depth:
        line, column = _place(text, start)
        raise SourceError(f"{origin}, line {line}, column {column}: this '[' has no ']'")


def _after_quoted(text: str, position: int) -> int:
    mark = text[position]
    position += 1
    while position < len(text) and text[position] != mark:
        position += 2 if text[position] == "\\" else 1
    return position + 1


def _place(text: str, position: int) -> tuple[int, int]:
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
