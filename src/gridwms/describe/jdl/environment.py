"""Environment and UserTags: names with values (gLite reference §1.2)."""

from __future__ import annotations

import re

from gridwms.classad import ClassAd, evaluate_attribute
from gridwms.describe.jdl.draft import Draft, shown

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_environment(draft: Draft) -> tuple[tuple[str, str], ...]:
    """Name and value of each variable, in the order given; values keep every blank and quote."""
    variables = dict(draft.defaults.environment)
    given: set[str] = set()
    for index, item in enumerate(draft.texts("Environment")):
        name, equals, value = item.partition("=")
        if not equals or not _VARIABLE.fullmatch(name):
            trouble = f"{shown(name)} cannot be the name of a variable" if equals else "has no '='"
            draft.error(
                "bad_variable",
                "Environment",
                f"item {index + 1}, {shown(item)}: {trouble}",
                found=item,
                accepted="items of the form NAME=value, NAME of letters, digits and '_'",
                item=index,
            )
            continue
        if name in given:
            draft.warning(
                "duplicate",
                "Environment",
                f"{name} is set more than once; the last value, {shown(value)}, is taken",
                found=item,
                item=index,
            )
        given.add(name)
        variables[name] = value
    accounting = draft.text("HLRLocation")
    if accounting:
        variables.setdefault("HLR_LOCATION", accounting)
    return tuple(variables.items())


def _broken(text: str) -> bool:
    """Whether it holds bytes that are not UTF-8; tags are shown and searched as text."""
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def read_tags(draft: Draft) -> tuple[tuple[str, str], ...]:
    """UserTags as text, in the order given."""
    ad = draft.values.get("usertags")
    if not isinstance(ad, ClassAd):
        return ()
    tags: list[tuple[str, str]] = []
    for name in ad:
        value = evaluate_attribute(ad, name)
        if isinstance(value, bool):
            tags.append((name, "true" if value else "false"))
        elif isinstance(value, int | float) or (isinstance(value, str) and not _broken(value)):
            tags.append((name, str(value)))
        else:
            draft.error(
                "wrong_type",
                "UserTags",
                f"the tag {name} has the value {shown(ad[name])}",
                found=shown(ad[name]),
                accepted="strings (in UTF-8), numbers, true or false",
            )
    return tuple(tags)
