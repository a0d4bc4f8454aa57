"""Text to tokens. Never raises: what is no token comes out as a token of kind "bad" with the reason.

Rules measured on HTCondor 25.14: see the notes at each pattern.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple

from gridwms.classad.text import decode, encode


class Kind(IntEnum):
    END = 0
    NAME = 1
    QUOTED_NAME = 2
    STRING = 3
    INTEGER = 4
    REAL = 5
    OPERATOR = 6
    BAD = 7


class Token(NamedTuple):
    """`text` is the operator, the name, the unescaped string, the digits, or the reason why it is bad."""

    kind: Kind
    text: str
    line: int
    column: int
    offset: int
    end: int


_TOKEN = re.compile(
    r"""[ \t\r\f\v]*(?:
    (?P<newline>\n)
  | (?P<comment>//[^\n]*)
  | (?P<block>/\*)
  | (?P<real>(?:\d+\.\d+|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
  | (?P<integer>0[xX][0-9a-fA-F]+|\d+)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<text>"[^"\\\n\0]*")
  | (?P<string>")
  | (?P<quoted>')
  | (?P<operator>=\?=|=!=|>>>|<<|>>|<=|>=|==|!=|&&|\|\||\?:|[-+*/%()\[\]{}<>=!~&^|?:;,.])
  | (?P<end>\Z)
  | (?P<other>.)
)""",
    re.VERBOSE | re.ASCII,
)
_HASH_COMMENT = re.compile(r"[ \t]*#[^\n]*")
_QUOTED = {
    '"': re.compile(r'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL),
    "'": re.compile(r"[^'\\]*(?:\\.[^'\\]*)*'", re.DOTALL),
}
_OLD_QUOTED = {
    # A backslash means itself, except before a quote that does not end the line.
    '"': re.compile(r'(?:\\"(?![ \t\r]*(?:\n|\Z))|[^"])*"', re.DOTALL),
    "'": _QUOTED["'"],
}
_ESCAPE = re.compile(r"\\([0-3][0-7]{0,2}|[4-7][0-7]?|.)", re.DOTALL)
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescape(text: str) -> str | None:
    r"""The meaning of the inside of a quoted text; None if it holds a NUL.

    HTCondor 25.14: octal `\o \oo \ooo` (a third digit only if the first is below 4), and any other `\c` is c.
    """
    if "\\" not in text:
        return None if "\0" in text else text
    bytes_seen = False

    def replacement(match: re.Match[str]) -> str:
        nonlocal bytes_seen
        escape = match[1]
        if escape[0] in "01234567":
            code = int(escape, 8)
            bytes_seen = bytes_seen or code > 127
            return chr(code) if code < 128 else chr(0xDC00 + code)
        return _ESCAPES.get(escape, escape)

    result = _ESCAPE.sub(replacement, text)
    if "\0" in result:
        return None
    return decode(encode(result)) if bytes_seen else result


def tokenize(
    text: str, *, jdl: bool = False, old: bool = False, compat: bool = False, lines: bool = False, limit: int = 10**9
) -> list[Token]:
    """All tokens, the last of kind END; a text of more than `limit` tokens ends with a bad one.

    lines: a comment // must end with its line, as in an expression given to HTCondor's bindings. jdl: a line whose
    first non-blank is `#` is a comment. old: strings of the old syntax. compat: a leading zero is an error, as in
    HTCondor's daemons.
    """
    tokens: list[Token] = []
    add = tokens.append
    line, line_start, position = 1, 0, 0
    if jdl and (hashed := _HASH_COMMENT.match(text)):
        position = hashed.end()
    match_token = _TOKEN.match
    make = tuple.__new__  # a NamedTuple without the cost of its call
    quotes = _OLD_QUOTED if old else _QUOTED
    while True:
        if len(tokens) > limit:
            add(Token(Kind.END, "", line, position - line_start + 1, position, position))
            break
        match = match_token(text, position)
        if match is None:  # blanks and then nothing that "." matches: cannot happen, kept for the type
            break
        position = match.end()
        group = match.lastgroup or "end"
        start = match.start(group)
        column = start - line_start + 1
        if group == "operator":
            add(make(Token, (Kind.OPERATOR, match[group], line, column, start, position)))
        elif group == "name":
            add(make(Token, (Kind.NAME, match[group], line, column, start, position)))
        elif group == "text":  # a string in which nothing is escaped
            add(make(Token, (Kind.STRING, match[group][1:-1], line, column, start, position)))
        elif group == "newline":
            line += 1
            line_start = position
            if jdl and (hashed := _HASH_COMMENT.match(text, position)):
                position = hashed.end()
        elif group in ("string", "quoted"):
            quote = match[group]
            closing = quotes[quote].match(text, position)
            begin = position
            position = closing.end() if closing else len(text)
            inside = text[begin : position - 1]
            meaning = _old_meaning(inside) if old and quote == '"' else unescape(inside)
            if closing is None:
                token = Token(Kind.BAD, f"a quote {quote} that is never closed", line, column, start, position)
            elif meaning is None:
                token = Token(Kind.BAD, "a text with a NUL character in it", line, column, start, position)
            else:
                kind = Kind.STRING if quote == '"' else Kind.QUOTED_NAME
                token = make(Token, (kind, meaning, line, column, start, position))
            add(token)
            newlines = text.count("\n", begin, position)
            if newlines:
                line += newlines
                line_start = text.rindex("\n", begin, position) + 1
        elif group == "integer":
            digits = match[group]
            problem = _integer_problem(text, position, digits, compat)
            kind = Kind.BAD if problem else Kind.INTEGER
            add(make(Token, (kind, problem or digits, line, column, start, position)))
        elif group == "real":
            add(make(Token, (Kind.REAL, match[group], line, column, start, position)))
        elif group == "comment":
            if position == len(text) and lines:
                add(Token(Kind.BAD, "a comment // without a line end", line, column, start, position))
        elif group == "block":
            close = text.find("*/", position)
            if close < 0:
                add(Token(Kind.BAD, "a comment /* that is never closed", line, column, start, len(text)))
                position = len(text)
                continue
            newlines = text.count("\n", position, close)
            if newlines:
                line += newlines
                line_start = text.rindex("\n", position, close) + 1
            position = close + 2
        elif group == "end":
            add(Token(Kind.END, "", line, column, start, start))
            break
        else:
            add(Token(Kind.BAD, f"the character {match[group]!r}", line, column, start, position))
    return tokens


def _integer_problem(text: str, position: int, digits: str, compat: bool) -> str:
    follows = text[position : position + 1]
    if follows == ".":
        return f"the number {digits}."
    if digits[0] == "0" and len(digits) > 1 and digits[1] not in "xX":
        if compat:
            return f"the number {digits} with a leading zero"
        if not digits.isdecimal() or "8" in digits or "9" in digits:
            return f"the number {digits}, which starts as an octal one"
    return ""


def _old_meaning(inside: str) -> str | None:
    return None if "\0" in inside else inside.replace('\\"', '"')
