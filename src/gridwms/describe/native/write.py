"""A JDL ad to the native form (YAML). Nothing is lost: what has no key of its own stands under `jdl`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import yaml

from gridwms.classad import ClassAd, Expr, evaluate_attribute, unparse
from gridwms.describe.compound import PLACEHOLDER
from gridwms.describe.convert.clauses import Comparison, Membership, recognised
from gridwms.describe.convert.reading import Written
from gridwms.describe.convert.shell_words import split_words
from gridwms.describe.convert.source_ad import SourceAd
from gridwms.describe.jdl.names import leaf
from gridwms.describe.native.keys import JOB_TYPES, KEYS, TABLES, Key, Kind
from gridwms.describe.native.quantities import moment_text, span_text
from gridwms.describe.native.write_compounds import write_compound
from gridwms.describe.native.yaml_tree import resolve

Plain: TypeAlias = Any
"""What a YAML document is made of: dictionaries, lists, texts, numbers, truth values."""

_GLUE = {row.jdl.lower(): name for name, row in KEYS.items() if row.kind in (Kind.SIZE, Kind.SPAN, Kind.TEXTS)}


def write_native(ad: ClassAd) -> Written:
    """The job of a JDL ad in YAML."""
    document = plain(ad)
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=100)
    return Written(text, ())


def plain(ad: ClassAd) -> dict[str, Plain]:
    """The document as nested dictionaries."""
    source = SourceAd(ad)
    flat: dict[str, Plain] = write_compound(source, plain)
    clauses = _clauses(source, flat)
    for name, key in KEYS.items():
        writer = _KINDS.get(key.kind)
        value = writer(source, key) if writer and name not in flat else None
        if value is not None:
            flat[name] = value
    if clauses:
        flat["needs.where"] = " && ".join(
            f"({unparse(each)})" if len(clauses) > 1 else unparse(each) for each in clauses
        )
    rest = {name: unparse(expr) for name, expr in source.left()}
    if rest:
        flat["jdl"] = rest
    return _nested(flat)


def _nested(flat: dict[str, Plain]) -> dict[str, Plain]:
    document: dict[str, Plain] = {}
    for name in KEYS:
        if name in flat:
            section, _, word = name.rpartition(".")
            (document.setdefault(section, {}) if section else document)[word] = flat[name]
    return document


def _clauses(source: SourceAd, flat: dict[str, Plain]) -> list[Expr]:
    """Take the conditions that have keys; returns the others."""
    left: list[Expr] = []
    for expr in source.clauses():
        clause = recognised(expr)
        name = _GLUE.get(clause.name.lower(), "") if clause else ""
        if isinstance(clause, Membership) and clause.in_resource and name == "needs.software":
            flat.setdefault(name, []).append(clause.values[0])
        elif isinstance(clause, Comparison) and _is_amount(clause) and name and name not in flat:
            amount = int(clause.value)
            flat[name] = f"{amount} MiB" if KEYS[name].kind is Kind.SIZE else span_text(amount * 60)
        else:
            left.append(expr)
    return left


def _is_amount(clause: Comparison) -> bool:
    value = clause.value
    return clause.sign == ">=" and isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9


def _text(source: SourceAd, key: Key) -> Plain:
    return source.text(key.jdl)


def _integer(source: SourceAd, key: Key) -> Plain:
    return source.number(key.jdl)


def _boolean(source: SourceAd, key: Key) -> Plain:
    return source.flag(key.jdl)


def _words(source: SourceAd, key: Key) -> Plain:
    line = source.text(key.jdl)
    # Where a value will be put in, the shell decides about its words: a list would take each exactly.
    words = split_words(line) if line and PLACEHOLDER not in line else None
    return list(words) if words else line or None


def _variables(source: SourceAd, key: Key) -> Plain:
    variables = source.environment()
    if len(dict(variables)) < len(variables):
        source.leave(key.jdl)
        return None
    return dict(variables) or None


def _tags(source: SourceAd, key: Key) -> Plain:
    return dict(source.tags()) or None


def _expression(source: SourceAd, key: Key) -> Plain:
    if key.jdl == "Requirements" or key.jdl not in source.ad:
        return None
    source.forget(key.jdl)
    return unparse(source.ad[key.jdl])


def _files(source: SourceAd, key: Key, names: str, labels: tuple[str, str]) -> Plain:
    """Files, with their other names where these are not what they would be anyway."""
    files = source.texts(key.jdl)
    others = source.texts(names)
    if not files:
        source.leave(names)
        return None
    if others and len(others) != len(files):
        source.leave(key.jdl)
        source.leave(names)
        return None
    found: list[Plain] = []
    for at, file in enumerate(files):
        other = others[at] if others else leaf(file)
        found.append(file if other == leaf(file) else {labels[0]: file, labels[1]: other})
    return found


def _inputs(source: SourceAd, key: Key) -> Plain:
    return _files(source, key, "InputSandboxDestFileName", ("from", "as"))


def _outputs(source: SourceAd, key: Key) -> Plain:
    return _files(source, key, "OutputSandboxDestURI", ("name", "to"))


def _step(source: SourceAd, key: Key) -> Plain:
    script = source.text(key.jdl)
    arguments = _words(source, Key(Kind.WORDS, f"{key.jdl}Arguments"))
    if script is None and arguments is None:
        return None
    if arguments is None:
        return script
    return {"script": script or "", "arguments": arguments}


def _moment(source: SourceAd, key: Key) -> Plain:
    count = source.number(key.jdl)
    return None if count is None else moment_text(count)


def _fuzzy(source: SourceAd, key: Key) -> Plain:
    fuzzy = source.flag(key.jdl)
    return source.real("FuzzyFactor") or fuzzy if fuzzy else fuzzy


def _peek(source: SourceAd, key: Key) -> Plain:
    peek = source.flag(key.jdl)
    interval = source.number("PerusalTimeInterval") if peek else None
    return span_text(interval) if interval else peek


def _job_type(source: SourceAd, key: Key) -> Plain:
    kinds = source.texts(key.jdl)
    word = next((word for word, kind in JOB_TYPES.items() if [kind.lower()] == [each.lower() for each in kinds]), None)
    if word is None and kinds:
        source.leave(key.jdl)
    return None if word == "normal" else word


def _list(source: SourceAd, key: Key) -> Plain:
    return list(source.texts(key.jdl)) or None


def _tables(source: SourceAd, key: Key) -> Plain:
    """Ads that hold nothing but the texts that have keys; else they stay as they are."""
    value = evaluate_attribute(source.ad, key.jdl) if key.jdl in source.ad else None
    words = {attribute.lower(): word for word, attribute in TABLES[key.kind].items()}
    found: list[Plain] = []
    for ad in value if isinstance(value, tuple) else (value,):
        if not isinstance(ad, ClassAd) or not all(name.lower() in words for name in ad):
            return None
        inner = SourceAd(ad)
        table = {words[name.lower()]: inner.text(name) or list(inner.texts(name)) for name in ad}
        if list(inner.left()):
            return None
        found.append(table)
    source.forget(key.jdl)
    return found


_KINDS: dict[Kind, Callable[[SourceAd, Key], Plain]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.LIST: _list,
    Kind.NEEDS: _tables,
    Kind.STORED: _tables,
    Kind.WORDS: _words,
    Kind.VARIABLES: _variables,
    Kind.TAGS: _tags,
    Kind.EXPRESSION: _expression,
    Kind.INPUTS: _inputs,
    Kind.OUTPUTS: _outputs,
    Kind.STEP: _step,
    Kind.MOMENT: _moment,
    Kind.FUZZY: _fuzzy,
    Kind.PEEK: _peek,
    Kind.JOB_TYPE: _job_type,
}


class _Dumper(yaml.SafeDumper):
    """Quotes every text that YAML 1.2 would take for something else; never makes aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if not isinstance(resolve(text), str) or not text.isprintable() else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
