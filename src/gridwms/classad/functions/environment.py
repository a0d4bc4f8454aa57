"""envV1ToV2(), mergeEnvironment(), argsToList(), listToArgs(): HTCondor's two notations of environments and arguments.

V1 separates by semicolons or blanks and knows no quotes; V2 separates by blanks and quotes with '...', where two
quotes inside stand for one.
"""

from __future__ import annotations

from gridwms.classad.functions.conversions import bounded
from gridwms.classad.functions.registry import ANY, function
from gridwms.classad.lookup import item_values
from gridwms.classad.scope import Inner, LazyList, Scope
from gridwms.classad.text import encode
from gridwms.classad.values import ERROR, UNDEFINED

_BLANKS = " \t\n\r"
_MARKS = frozenset("!#$%&*+,-/:;<>?@^`|~")


def words(text: str) -> list[str] | None:
    """The words of V2 notation; None if a quote is left open."""
    found: list[str] = []
    word: list[str] | None = None
    position = 0
    while position < len(text):
        character = text[position]
        position += 1
        if character in _BLANKS:
            if word is not None:
                found.append("".join(word))
            word = None
            continue
        word = [] if word is None else word
        if character != "'":
            word.append(character)
            continue
        while True:
            if position >= len(text):
                return None
            inside = text[position]
            position += 1
            if inside != "'":
                word.append(inside)
            elif text[position : position + 1] == "'":
                word.append("'")
                position += 1
            else:
                break
    if word is not None:
        found.append("".join(word))
    return found


def quoted_word(word: str) -> str:
    """A word in V2 notation: blanks and quotes are quoted, neighbours together."""
    if not word:
        return "''"
    out: list[str] = []
    open_quote = False
    for character in word:
        special = character in _BLANKS or character == "'"
        if special != open_quote:
            out.append("'")
            open_quote = special
        out.append("''" if character == "'" else character)
    return "".join(out) + ("'" if open_quote else "")


def _variables(assignments: list[str]) -> dict[str, str] | None:
    """Name to value; None if one has no name or no `=`."""
    variables: dict[str, str] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals or not name:
            return None
        variables[name] = value
    return variables


def _written(variables: dict[str, str]) -> str:
    names = sorted(variables, key=encode)
    return " ".join(quoted_word(f"{name}={variables[name]}") for name in names)


@function(1, 1, "envV1ToV2")
def _env_v1_to_v2(scope: Scope, arguments: list[Inner]) -> Inner:
    text = arguments[0]
    if not isinstance(text, str):
        return UNDEFINED if text is UNDEFINED else ERROR
    # A first character that no name starts with is the delimiter. HTCondor takes quotes for parts of names.
    marked = text[:1] and text[0] in _MARKS
    assignments = [part.lstrip(_BLANKS) for part in text.split(text[0] if marked else ";")]
    variables = _variables([assignment for assignment in assignments if assignment])
    return ERROR if variables is None else bounded(_written(variables), scope)


@function(0, ANY, "mergeEnvironment")
def _merge_environment(scope: Scope, arguments: list[Inner]) -> Inner:
    """V2 environments, the later ones over the earlier; UNDEFINED ones are left out."""
    merged: dict[str, str] = {}
    for text in arguments:
        if text is UNDEFINED:
            continue
        found = words(text) if isinstance(text, str) else None
        variables = None if found is None else _variables(found)
        if variables is None:
            return ERROR
        merged.update(variables)
    return bounded(_written(merged), scope)


def _version(arguments: list[Inner]) -> int | None:
    version = arguments[1] if len(arguments) == 2 else 2
    return version if type(version) is int and version in (1, 2) else None


@function(1, 2, "argsToList")
def _args_to_list(scope: Scope, arguments: list[Inner]) -> Inner:
    text, version = arguments[0], _version(arguments)
    if not isinstance(text, str) or version is None:
        return ERROR
    scope.evaluation.charge(len(text) >> 2)
    found = words(text) if version == 2 else text.split()
    return ERROR if found is None else LazyList.of([*found])


@function(1, 2, "listToArgs")
def _list_to_args(scope: Scope, arguments: list[Inner]) -> Inner:
    container, version = arguments[0], _version(arguments)
    if not isinstance(container, LazyList) or version is None:
        return ERROR
    items = item_values(container, scope, 0)
    texts = [item for item in items if isinstance(item, str)]
    if len(texts) != len(items):
        return ERROR
    if version == 2:
        return bounded(" ".join(quoted_word(text) for text in texts), scope)
    if any(blank in text for text in texts for blank in _BLANKS):
        return ERROR
    return bounded(" ".join(texts).lstrip(" "), scope)
