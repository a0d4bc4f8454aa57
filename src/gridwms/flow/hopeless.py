"""What is said of a description when it is handed in: conditions that no resource known now meets.

Resources come and go, so it is a warning and no refusal.
"""

from __future__ import annotations

from difflib import get_close_matches
from threading import Lock
from weakref import WeakKeyDictionary

from gridwms.classad import ClassAd, Expr, conjuncts, evaluate_attribute, flatten, unparse
from gridwms.classad.columns import Condition
from gridwms.classad.columns.store import ColumnStore
from gridwms.describe.problem import Problem, Severity
from gridwms.flow.world import World
from gridwms.market.snapshot import Snapshot
from gridwms.match.classes import match_class_key
from gridwms.match.reading import names_read

_MOST = 10_000
"""So many classes of one snapshot are remembered."""
_KEEPING = Lock()
_KEPT: WeakKeyDictionary[Snapshot, dict[str, tuple[Problem, ...]]] = WeakKeyDictionary()


def hopeless(world: World, ad: ClassAd) -> tuple[Problem, ...]:
    """Warnings about the matching ad of a class of jobs, from the market as it is; none when it holds nothing."""
    snapshot = world.market.snapshot
    if not snapshot.resources:
        return ()
    key = match_class_key(ad)
    with _KEEPING:
        known = _KEPT.setdefault(snapshot, {})
        found = known.get(key)
    if found is None:
        found = _warnings(snapshot, ad)
        with _KEEPING:
            if len(known) < _MOST:
                known[key] = found
    return found


def _warnings(snapshot: Snapshot, ad: ClassAd) -> tuple[Problem, ...]:
    ce = evaluate_attribute(ad, "SubmitTo")
    if isinstance(ce, str) and ce:
        if snapshot.views(ce):
            return ()
        return (_warning("SubmitTo", f"no resource known now is '{ce}': the job waits until a source tells of it"),)
    store, requirements = snapshot.columns, ad["Requirements"]
    if Condition.of(requirements, ad).true_rows(store):
        return ()
    return tuple(
        _warning("Requirements", f"no resource known now meets '{unparse(clause)}'{_unknown(clause, ad, store)}")
        for clause in conjuncts(requirements)
        if not Condition.of(clause, ad).true_rows(store)
    )


def _unknown(clause: Expr, ad: ClassAd, store: ColumnStore) -> str:
    """What it reads that no resource publishes, with a name that one does, should it be a slip."""
    names = names_read(flatten(clause, ad)[0]) or frozenset()
    missing = sorted(name for name in names if store.column(name) is None and name not in ad)
    if not missing:
        return ""
    text = f": none publishes {', '.join(missing[:3])}"
    close = get_close_matches(missing[0], list(store.columns), n=1, cutoff=0.8)
    return f"{text} (did you mean {_spelt(close[0], store)}?)" if close else text


def _spelt(name: str, store: ColumnStore) -> str:
    """A folded name as a resource writes it."""
    return next((own for one in store.ads if one is not None for own in one if own.lower() == name), name)


def _warning(attribute: str, message: str) -> Problem:
    return Problem(severity=Severity.WARNING, code="never", message=message, attribute=attribute)
