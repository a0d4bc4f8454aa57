"""From the configuration to the parts of a service, joined but not yet running."""

from __future__ import annotations

import math
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gridwms.classad import ClassAdSyntaxError, EvaluationContext, Expr, parse_expression
from gridwms.daemon.authority import authority_of
from gridwms.daemon.catalogues import BadCatalogue, build_catalogues, build_storage
from gridwms.daemon.config import BadConfig, Config, Jobs, UserQuota
from gridwms.daemon.listening import job_ids_of
from gridwms.daemon.outlets import build_outlets
from gridwms.daemon.shares import shares_of
from gridwms.daemon.site_sections import ad_of
from gridwms.daemon.sites import build_site
from gridwms.daemon.sources import build_source, terms_of
from gridwms.daemon.vitals import build_limiter
from gridwms.describe.data import KnownCatalogue, KnownStorage
from gridwms.describe.jdl.defaults import JdlDefaults
from gridwms.flow.breaker import BreakerSettings
from gridwms.flow.credentials.wallet import ServiceWallet
from gridwms.flow.data.locator import Locator
from gridwms.flow.links import ServiceLink
from gridwms.flow.measures import Measures
from gridwms.flow.world import FlowSettings, NotifySettings, Quota, SitePolicy, World
from gridwms.jobs.retry import RetryPolicy
from gridwms.jobs.rules import DEFAULT_RULES
from gridwms.jobs.states import State
from gridwms.market.close_storage import close_storage
from gridwms.market.market import Market
from gridwms.market.source import Source
from gridwms.market.sources.callable import CallableSource
from gridwms.match.policies import read_policies
from gridwms.sandbox.area import Area
from gridwms.security.believing import Believing
from gridwms.security.capability import Capabilities
from gridwms.security.drain import Drain
from gridwms.security.seal import Seal
from gridwms.sites import local, simulated
from gridwms.sites.arc import ArcSite, CarryingArcSite
from gridwms.sites.batch import BatchSite
from gridwms.store.database import Database
from gridwms.store.usage import Used

_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Parts:
    """A service before it runs."""

    world: World
    config: Config
    measures: Measures


def build(
    config: Config, data: Path, url: str, capabilities: Capabilities, believing: Believing | None = None
) -> Parts:
    """Join the parts of a service whose files lie in `data`. Raises BadConfig, StoreUnavailable, NewerSchema."""
    data_of_jobs, settings = data_and_settings(config, url)
    outlets = build_outlets(config.notify, config.mail, capabilities)
    shared = config.service.database
    database = Database(shared) if shared else Database.sqlite(data / "gridwms.sqlite")
    sandbox = Area(data / "sandbox")
    sandbox.sweep(time.time() - _DAY if database.shared else math.inf)
    sites = {name: build_site(name, section, data) for name, section in config.sites.items()}
    sources: list[Source] = [
        CallableSource(
            f"site {name}", section.refresh_seconds, sites[name].describe, name, attributes=ad_of(section.attributes)
        )
        for name, section in config.sites.items()
    ]
    sources += [build_source(name, section, database) for name, section in config.sources.items()]
    measures = Measures()
    context = EvaluationContext(
        success_fraction=measures.success_fraction, response_time=measures.response_time, close_storage=close_storage
    )
    world = World(
        database=database,
        market=Market(sources, sites=frozenset(sites), context=context),
        sandbox=sandbox,
        sites=sites,
        settings=settings,
        capability=capabilities.of,
        data=data_of_jobs,
        believing=believing,
        seal=Seal.of(capabilities),
        token_issuers=frozenset(one.url for one in config.tokens.values()),
        drain=Drain(data / ".drain"),
        load=build_limiter(config.load, database, data),
        archive=data / "archive" if not config.archive.directory else Path(config.archive.directory),
        outlets=outlets,
        instance=f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}",
    )
    world.usage.begin({key: Used(*found) for key, found in sandbox.measure().items()})
    return Parts(world, config, measures)


def _quota(section: UserQuota) -> Quota:
    given = (section.max_bytes, section.max_files, section.max_waiting_jobs)
    most = [None if value < 0 else value for value in given]
    return Quota(bytes=most[0], files=most[1], waiting=most[2])


def data_and_settings(config: Config, url: str) -> tuple[Locator, FlowSettings]:
    """Where the data of jobs lies, and what the use cases go by. Raises BadConfig."""
    try:
        data_of_jobs = Locator(build_catalogues(config.catalogues))
        storage = build_storage(config.storage)
    except BadCatalogue as error:
        raise BadConfig(str(error)) from error
    return data_of_jobs, _settings(config, url, data_of_jobs.catalogues, storage)


def _settings(
    config: Config, url: str, catalogues: tuple[KnownCatalogue, ...], storage: tuple[KnownStorage, ...]
) -> FlowSettings:
    jobs = config.jobs
    return FlowSettings(
        base_url=url,
        job_ids=job_ids_of(config, url),
        authority=authority_of(config),
        retry_policy=RetryPolicy(
            deep=jobs.max_retry_count,
            shallow=jobs.max_shallow_retry_count,
            rules=(*(one.rule() for one in config.retry), *DEFAULT_RULES),
            memory_mb=jobs.memory_mb,
        ),
        jdl_defaults=replace(_jdl_defaults(jobs), catalogues=catalogues, storage=storage),
        storage=storage,
        policies=_policies(config.policies),
        expiry_seconds=jobs.expiry_seconds,
        start_seconds=jobs.start_seconds,
        replan_seconds=jobs.replan_seconds,
        replan_learned=jobs.replan_learned,
        replan_least_seconds=jobs.replan_least_seconds,
        max_replans=jobs.max_replans,
        breaker=BreakerSettings(
            share=config.quarantine.share,
            least=config.quarantine.least,
            failing=config.quarantine.failing,
            pause=config.quarantine.pause_seconds,
            longest_pause=config.quarantine.longest_pause_seconds,
            silent_seconds=config.quarantine.silent_seconds,
        ),
        keep_seconds={
            State.DONE: jobs.keep_done_days * _DAY,
            State.CLEARED: jobs.keep_cleared_days * _DAY,
            State.ABORTED: jobs.keep_aborted_days * _DAY,
            State.CANCELLED: jobs.keep_cancelled_days * _DAY,
        },
        submit_key_seconds=jobs.submit_key_days * _DAY,
        max_nodes=jobs.max_nodes,
        announce_seconds=jobs.announce_days * _DAY,
        quota=_quota(config.quotas),
        quotas={name: _quota(one) for name, one in config.quotas.users.items()},
        notify=NotifySettings(
            max_per_user=config.notify.max_per_user,
            default_seconds=config.notify.default_days * _DAY,
            max_seconds=config.notify.max_days * _DAY,
            pause_seconds=config.notify.pause_days * _DAY,
            keep_expired_seconds=config.notify.keep_expired_days * _DAY,
            mail_seconds=config.mail.interval_seconds,
        ),
        max_output_bytes=jobs.max_output_bytes,
        wall_margin_seconds=None if jobs.wall_margin_seconds < 0 else jobs.wall_margin_seconds,
        ask_memory=jobs.ask_memory,
        min_peek_seconds=jobs.peek_least_seconds,
        shares=shares_of(config.share),
        offers=terms_of(config.sources),
        site_policies={
            name: SitePolicy(
                max_jobs=site.max_jobs,
                max_queued=site.max_queued,
                max_per_minute=site.max_per_minute,
                poll_seconds=site.poll_seconds,
                batch=site.batch,
                hooks=site.hooks,
            )
            for name, site in config.sites.items()
        },
    )


def _policies(changes: Mapping[str, str]) -> dict[str, Expr]:
    for name, text in changes.items():
        try:
            read_policies({name: text})
        except ClassAdSyntaxError as error:
            raise BadConfig(f"The policy '{name}' is no ClassAd expression: {error}.") from error
    return read_policies(changes)


def _jdl_defaults(jobs: Jobs) -> JdlDefaults:
    try:
        requirements = parse_expression(jobs.requirements) if jobs.requirements else None
        rank = parse_expression(jobs.rank)
    except ClassAdSyntaxError as error:
        raise BadConfig(f"[jobs] requirements or rank is no ClassAd expression: {error}") from error
    return JdlDefaults(
        vo=jobs.vo,
        requirements=requirements,
        rank=rank,
        retry_count=jobs.retry_count,
        shallow_retry_count=jobs.shallow_retry_count,
        peek_least=jobs.peek_least_seconds,
        max_nodes=jobs.max_nodes,
    )


def connect_links(world: World) -> None:
    """Let sites that speak for their wrappers talk to this service."""
    for site in world.sites.values():
        if isinstance(site, local.LocalSite | simulated.SimulatedSite | BatchSite | ArcSite | CarryingArcSite):
            site.link = ServiceLink(world)
        if isinstance(site, CarryingArcSite):
            site.wallet = ServiceWallet(world)
        if isinstance(site, simulated.SimulatedSite):
            site.begin()
