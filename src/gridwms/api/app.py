"""The whole HTTP side of the service, put together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from starlette.routing import BaseRoute

from gridwms.api import errors, pages, worker, worker_console
from gridwms.api.body import BodyLimit
from gridwms.api.news import News
from gridwms.api.routes import (
    archive,
    bans,
    bookkeeping,
    check,
    console,
    delegations,
    ending,
    events,
    gridsite,
    jobs,
    lb,
    lb_soap,
    market,
    offers,
    policy,
    publication,
    purge,
    quota,
    sandbox,
    search,
    service,
    shares,
    sites,
    socket,
    sources,
    subscriptions,
    wmproxy,
)
from gridwms.api.settings import Settings
from gridwms.api.streams import Streams
from gridwms.flow.tail import Tail
from gridwms.flow.world import World

_THREADS = 40
"""Requests that are worked on at the same time; the store has one writer, so more would only wait."""


def build_app(world: World, settings: Settings, tail: Tail) -> FastAPI:
    """An ASGI application over the use cases.

    To be run by `gridwms.api.server.Server`, which ends event streams when it is to stop.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = _THREADS
        app.state.uploads = CapacityLimiter(settings.uploads)
        app.state.news.open()
        app.state.streams.open()
        try:
            yield
        finally:
            app.state.news.close()
            app.state.streams.close()

    app = FastAPI(
        title="gridwms",
        version=settings.version,
        summary="One place to hand in work for many clusters, and to follow it until its results are home.",
        lifespan=lifespan,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.world = world
    app.state.settings = settings
    app.state.news = News(world.news)
    app.state.streams = Streams(tail, world.access)
    app.add_middleware(BodyLimit)
    errors.install(app)
    app.router.routes.extend(routes())
    return app


def routes() -> list[BaseRoute]:
    """Every route of ours; each asks the policy, or is on the list of open ones (`pages.OPEN`)."""
    found: list[BaseRoute] = [*worker.ROUTES, *worker_console.ROUTES]
    listening = (events, socket, subscriptions)
    for module in (
        ending,
        archive,
        bans,
        policy,
        bookkeeping,
        jobs,
        sandbox,
        console,
        quota,
        purge,
        check,
        market,
        offers,
        sites,
        sources,
        *listening,
        search,
        delegations,
        wmproxy,
        gridsite,
        service,
        publication,
        shares,
        pages,
        lb_soap,
        lb,  # the last: what has no other meaning is the id of a job
    ):
        found += module.router.routes
    return found
