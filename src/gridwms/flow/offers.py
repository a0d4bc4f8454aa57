"""Handing in resources: a site or a pilot says what it has, jobs are matched at once, and what is not renewed goes.

The lazy model: nobody asks such a resource; it tells when it has something to give (gLite reference §3.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gridwms.classad import ClassAd, evaluate_attribute, unparse
from gridwms.flow.errors import FlowError, NotFound, NotInState, NotPermitted
from gridwms.flow.world import World
from gridwms.market.close_storage import with_storage
from gridwms.market.intake import EXPIRES, take_in
from gridwms.market.sources.file import ad_of_values
from gridwms.market.sources.push import Terms, ending
from gridwms.security.identity import Identity
from gridwms.store import offers
from gridwms.store.offers import Offer

_MOST_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A resource to be taken in: its attributes under GLUE names, and for how long, None: the source's own time."""

    attributes: Mapping[str, object]
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One that was not taken, by its place in the list (from 0)."""

    number: int
    name: str
    error: FlowError


@dataclass(frozen=True, slots=True)
class Outcome:
    """`taken`: ids in the market and until when each is believed. `dropped`: ids that were taken away."""

    taken: Mapping[str, float]
    refused: tuple[Refusal, ...] = ()
    dropped: tuple[str, ...] = ()


def terms_of(world: World, source: str) -> tuple[str, Terms | None]:
    """The name and the terms of a source that takes what is handed in; with no name, of the only one."""
    known = world.settings.offers
    if not source and len(known) == 1:
        source = next(iter(known))
    return source, known.get(source)


def offer(world: World, source: str, identity: Identity, wishes: Sequence[Wish], *, replace: bool = False) -> Outcome:
    """Take in resources; durable when this returns. `replace`: what this caller handed in before and is not among
    them goes. Raises NotFound."""
    source, terms = _known(world, source)
    now = world.clock()
    refused: list[Refusal] = []
    new: dict[str, tuple[int, Offer, ClassAd]] = {}
    for number, wish in enumerate(wishes):
        try:
            ad, name, end = _read(wish, terms, source, now)
        except FlowError as error:
            refused.append(Refusal(number, str(wish.attributes.get("GlueCEUniqueID", ""))[:200], error))
            continue
        text = unparse(ad)
        row = Offer(source=source, name=name, by=identity.subject, ad=text, told_at=now, expires_at=end)
        new[name] = number, row, ad

    def work(connection: Connection) -> tuple[set[str], list[str], int]:
        theirs = offers.owners(connection, source, list(new), now)
        foreign = {name for name, by in theirs.items() if by != identity.subject and not identity.is_operator}
        mine = offers.names_of(connection, source, identity.subject) if replace else []
        gone = [name for name in mine if name not in new]
        offers.remove(connection, source, gone)
        room = terms.max_resources - offers.count(connection, source, now) + len(theirs)
        allowed = [name for name in new if name not in foreign]
        offers.keep(connection, [new[name][1] for name in allowed[: max(0, room)]])
        return foreign, gone, max(0, room)

    foreign, gone, room = world.database.write(work)
    taken: dict[str, tuple[Offer, ClassAd]] = {}
    for name, (number, row, ad) in new.items():
        if name in foreign:
            refused.append(Refusal(number, name, NotPermitted(f"'{name}' was handed in by somebody else.", _RENAME)))
        elif len(taken) >= room:
            most = f"The source '{source}' takes {terms.max_resources} resources at most, and has them."
            refused.append(Refusal(number, name, NotInState(most, "Let others expire, or ask the operator.")))
        else:
            taken[name] = row, ad
    if gone:
        world.market.drop(source, gone)
    if taken:
        world.market.put(source, [ending(ad, row.expires_at) for row, ad in taken.values()])
        world.waiting.set()
    refused.sort(key=lambda one: one.number)
    return Outcome({name: row.expires_at for name, (row, _) in taken.items()}, tuple(refused), tuple(gone))


_RENAME = "Use another GlueCEUniqueID or GridwmsView; an operator may replace it."


def withdraw(world: World, source: str, identity: Identity, name: str) -> Outcome:
    """Take a resource away, or with no name all that this caller handed in. Raises NotFound, NotPermitted."""
    source, _terms = _known(world, source)
    now = world.clock()

    def work(connection: Connection) -> list[str]:
        if not name:
            mine = offers.names_of(connection, source, identity.subject)
        else:
            owner = offers.owners(connection, source, [name], now).get(name)
            if owner is None:
                raise NotFound(
                    f"Nobody handed in '{name}' to '{source}'.", "'gridwms source show' lists what is there."
                )
            if owner != identity.subject and not identity.is_operator:
                raise NotPermitted(f"'{name}' was handed in by somebody else.", "Ask them, or an operator.")
            mine = [name]
        offers.remove(connection, source, mine)
        return mine

    gone = world.database.write(work)
    if gone:
        world.market.drop(source, gone)
    return Outcome({}, (), tuple(gone))


def _known(world: World, source: str) -> tuple[str, Terms]:
    source, terms = terms_of(world, source)
    if terms is None:
        names = ", ".join(world.settings.offers) or "none"
        raise NotFound(f"There is no source '{source}' that takes resources.", f'Sources of kind "push" are: {names}.')
    return source, terms


def _read(wish: Wish, terms: Terms, source: str, now: float) -> tuple[ClassAd, str, float]:
    """The ad of a wish, its id in the market and its end. Raises NotInState with what is wrong."""
    seconds = terms.default_seconds if wish.seconds is None else wish.seconds
    if not seconds > 0:
        raise NotInState(f"It cannot be believed for {seconds:g} s.", "Give a number of seconds above 0.")
    try:
        ad = with_storage(ad_of_values(wish.attributes)).without([EXPIRES])
    except ValueError as error:
        raise NotInState(f"It cannot be read: {error}.", "Correct the attribute.") from error
    site = evaluate_attribute(ad, "GridwmsSite") if "GridwmsSite" in ad else None
    if site is None and len(terms.sites) == 1:
        ad = ad.with_({"GridwmsSite": terms.sites[0]})
    elif site is not None and site not in terms.sites:
        names = ", ".join(terms.sites) or "none"
        raise NotInState(f"What is handed in to '{source}' may not lead to the site {site!r}.", f"It may to: {names}.")
    taken = take_in([ad], source=source)
    if not taken.resources:
        raise NotInState("It has no usable GlueCEUniqueID.", "Give it one: a text of printable characters.")
    name = next(iter(taken.resources))
    if len(name) > 1000 or len(unparse(ad)) > _MOST_CHARACTERS:
        raise NotInState("It is too long.", f"An id may have 1000 characters, an ad {_MOST_CHARACTERS}.")
    return ad, name, now + min(seconds, terms.max_seconds)
