"""What each kind of key becomes in JDL. Every function raises WrongType when the value is not of its kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gridwms.classad import quote
from gridwms.describe.compound import PLACEHOLDER
from gridwms.describe.convert.jdl_text import Origin
from gridwms.describe.convert.reading import error
from gridwms.describe.convert.shell_words import join_words
from gridwms.describe.jdl.draft import shown
from gridwms.describe.jdl.names import leaf
from gridwms.describe.native import quantities
from gridwms.describe.native.compounds import WrongType, as_nodes, as_order, as_values
from gridwms.describe.native.keys import JOB_TYPES, KEYS, TABLES, Key, Kind
from gridwms.describe.native.tree import Node, kind
from gridwms.describe.suggest import suggest

if TYPE_CHECKING:
    from gridwms.describe.native.mapping import Mapping


def text_of(node: Node) -> str:
    if not isinstance(node.value, str):
        raise WrongType
    return node.value


def _plain(node: Node) -> str:
    """A text, or a number or truth value as it was written."""
    if isinstance(node.value, tuple | dict) or node.value is None:
        raise WrongType(kind(node))
    return node.value if isinstance(node.value, str) else node.raw


def _items(node: Node) -> tuple[Node, ...]:
    return node.value if isinstance(node.value, tuple) else (node,)


def _as_text(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    mapping.jdl.text(key.jdl, text_of(node), Origin(name, node.at))


def _as_integer(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    if not isinstance(node.value, int) or isinstance(node.value, bool) or abs(node.value) >= 1 << 62:
        raise WrongType
    mapping.jdl.value(key.jdl, str(node.value), Origin(name, node.at))


def _as_boolean(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    if not isinstance(node.value, bool):
        raise WrongType
    mapping.jdl.value(key.jdl, "true" if node.value else "false", Origin(name, node.at))


def _as_words(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    if isinstance(node.value, tuple):
        words = [_plain(item) for item in node.value]
        line = " ".join(f"'{word}'" if _is_swept(word) else join_words([word]) for word in words)
    else:
        line = _plain(node)
    mapping.jdl.text(key.jdl, line, Origin(name, node.at))


def _is_swept(word: str) -> bool:
    """Whether a value will be put in, which quotes keep together whatever it is (`finish` refuses quotes in it)."""
    return PLACEHOLDER in word and "'" not in word


def _as_software(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    for item in _items(node):
        mapping.jdl.require(f"member({quote(text_of(item))}, other.{key.jdl})", Origin(name, item.place))


def _as_condition(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    text = mapping.expression(name, node)
    if text:
        mapping.jdl.require(text, Origin(name, node.at))


def _as_expression(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    if name == "needs.where":
        _as_condition(mapping, name, key, node)
        return
    text = mapping.expression(name, node)
    if text:
        mapping.jdl.value(key.jdl, text, Origin(name, node.at))


def _as_expressions(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    if not isinstance(node.value, dict):
        raise WrongType
    for attribute, inner in node.entries():
        if not attribute:
            raise WrongType("an empty name")
        text = _plain(inner) if not isinstance(inner.value, str) else mapping.expression(f"jdl.{attribute}", inner)
        origin = Origin(f"jdl.{attribute}", inner.at)
        if attribute.lower() == "requirements" and text:
            mapping.jdl.require(text, origin)
        elif attribute in mapping.jdl:
            other = next((each for each, row in KEYS.items() if row.jdl.lower() == attribute.lower()), "another key")
            accepted = "one of the two"
            message = f"{other} says it already"
            mapping.note(error("exclusive", f"jdl.{attribute}", message, inner.at, accepted=accepted))
        elif text:
            mapping.jdl.value(attribute, text, origin)


def _as_variables(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    if not isinstance(node.value, dict):
        raise WrongType
    for variable, inner in node.entries():
        value = "" if inner.value is None else _plain(inner)
        mapping.jdl.item(key.jdl, f"{variable}={value}", Origin(f"{name}.{variable}", inner.at))


def _as_tags(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    if not isinstance(node.value, dict):
        raise WrongType
    for tag, inner in node.entries():
        if not tag:
            raise WrongType("an empty name")
        mapping.jdl.tag(tag, _plain(inner), Origin(f"{name}.{tag}", inner.at))


def _pairs(
    mapping: Mapping, name: str, key: Key, node: Node, first: str, second: str
) -> list[tuple[Node, Node | None]]:
    """Items of the form `first`, or `{first: ..., second: ...}`."""
    found: list[tuple[Node, Node | None]] = []
    for item in _items(node):
        if not isinstance(item.value, dict):
            _text_item(item)
            found.append((item, None))
            continue
        for word, inner in item.entries():
            if word not in (first, second):
                mapping.unknown(f"{name}.{word}", word, [first, second], inner)
            else:
                _text_item(inner)
        if first not in item.value:
            message = f"there is no {first} in it"
            mapping.note(error("missing", name, message, item.place, accepted=key.kind.value))
            continue
        found.append((item.value[first], item.value.get(second)))
    return found


def _text_item(node: Node) -> None:
    if not isinstance(node.value, str):
        raise WrongType(kind(node))


def _as_inputs(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    pairs = _pairs(mapping, name, key, node, "from", "as")
    for source, target in pairs:
        mapping.jdl.item(key.jdl, text_of(source), Origin(name, source.place))
        if any(other is not None for _, other in pairs):
            text, place = (text_of(target), target.place) if target else (leaf(text_of(source)), source.place)
            mapping.jdl.item("InputSandboxDestFileName", text, Origin(name, place))


def _as_outputs(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    pairs = _pairs(mapping, name, key, node, "name", "to")
    for source, target in pairs:
        mapping.jdl.item(key.jdl, text_of(source), Origin(name, source.place))
        if any(other is not None for _, other in pairs):
            text, place = (text_of(target), target.place) if target else (leaf(text_of(source)), source.place)
            mapping.jdl.item("OutputSandboxDestURI", text, Origin(name, place))


def _as_step(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    if isinstance(node.value, str):
        mapping.jdl.text(key.jdl, node.value, Origin(name, node.at))
        return
    if not isinstance(node.value, dict):
        raise WrongType
    for word, inner in node.entries():
        if word == "script":
            mapping.jdl.text(key.jdl, text_of(inner), Origin(f"{name}.script", inner.at))
        elif word == "arguments":
            _as_words(mapping, f"{name}.arguments", Key(Kind.WORDS, f"{key.jdl}Arguments"), inner)
        else:
            mapping.unknown(f"{name}.{word}", word, ["script", "arguments"], inner)


def _as_size(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    size = quantities.mebibytes(node.value) if isinstance(node.value, str) else None
    if size is None:
        raise WrongType
    mapping.jdl.require(f"other.{key.jdl} >= {size}", Origin(name, node.at))


def _as_span(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    span = quantities.seconds(node.value) if isinstance(node.value, str) else None
    if span is None:
        raise WrongType
    mapping.jdl.require(f"other.{key.jdl} >= {-(-span // 60)}", Origin(name, node.at))


def _as_moment(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    moment = quantities.epoch(node.value)
    if moment is None or abs(moment) >= 1 << 62:
        raise WrongType
    mapping.jdl.value(key.jdl, str(moment), Origin(name, node.at))


def _as_fuzzy(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    if isinstance(node.value, bool):
        _as_boolean(mapping, name, key, node)
    elif isinstance(node.value, int | float) and abs(node.value) < 1 << 62:
        mapping.jdl.value(key.jdl, "true", Origin(name, node.at))
        mapping.jdl.value("FuzzyFactor", repr(node.value), Origin(name, node.at))
    else:
        raise WrongType


def _as_peek(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    if isinstance(node.value, bool):
        _as_boolean(mapping, name, key, node)
        return
    span = quantities.seconds(node.value) if isinstance(node.value, str) else None
    if span is None:
        raise WrongType
    mapping.jdl.value(key.jdl, "true", Origin(name, node.at))
    mapping.jdl.value("PerusalTimeInterval", str(span), Origin(name, node.at))


def _as_job_type(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    word = text_of(node)
    if word not in JOB_TYPES:
        meant = suggest(word, JOB_TYPES)
        raise WrongType(shown(word) + (f"; did you mean {meant}?" if meant else ""))
    mapping.jdl.text(key.jdl, JOB_TYPES[word], Origin(name, node.at))


def _as_list(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    for item in _items(node):
        _text_item(item)
        mapping.jdl.item(key.jdl, text_of(item), Origin(name, item.place))


def _as_tables(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    words = TABLES[key.kind]
    for item in _items(node):
        if not isinstance(item.value, dict):
            raise WrongType(kind(item))
        parts = []
        for word, inner in item.entries():
            if word not in words:
                mapping.unknown(f"{name}.{word}", word, list(words), inner)
                continue
            texts = _items(inner)
            for text in texts:
                _text_item(text)
            value = ", ".join(quote(text_of(text)) for text in texts)
            parts.append(
                f"{words[word]} = {{{value}}}" if isinstance(inner.value, tuple) else f"{words[word]} = {value}"
            )
        mapping.jdl.member(key.jdl, f"[{'; '.join(parts)}]", Origin(name, item.place))


def _as_section(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    if not isinstance(node.value, dict):
        raise WrongType
    mapping.section(name, node)


KINDS: dict[Kind, Callable[[Mapping, str, Key, Node], None]] = {
    Kind.SECTION: _as_section,
    Kind.TEXT: _as_text,
    Kind.TEXTS: _as_software,
    Kind.LIST: _as_list,
    Kind.NEEDS: _as_tables,
    Kind.STORED: _as_tables,
    Kind.WORDS: _as_words,
    Kind.INTEGER: _as_integer,
    Kind.BOOLEAN: _as_boolean,
    Kind.EXPRESSION: _as_expression,
    Kind.EXPRESSIONS: _as_expressions,
    Kind.VARIABLES: _as_variables,
    Kind.TAGS: _as_tags,
    Kind.INPUTS: _as_inputs,
    Kind.OUTPUTS: _as_outputs,
    Kind.STEP: _as_step,
    Kind.SIZE: _as_size,
    Kind.SPAN: _as_span,
    Kind.MOMENT: _as_moment,
    Kind.FUZZY: _as_fuzzy,
    Kind.PEEK: _as_peek,
    Kind.JOB_TYPE: _as_job_type,
    Kind.VALUES: as_values,
    Kind.NODES: as_nodes,
    Kind.ORDER: as_order,
}
