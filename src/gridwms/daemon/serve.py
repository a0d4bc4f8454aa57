"""`gridwms serve`: one process that is the whole service."""

from __future__ import annotations

import json
import os
import socket
import sys
from functools import partial
from pathlib import Path

import structlog
import uvicorn

from gridwms.api.app import build_app
from gridwms.api.connection import Connection
from gridwms.api.interests import withdrawn
from gridwms.api.server import Server
from gridwms.api.settings import Settings
from gridwms.daemon import directory
from gridwms.daemon.access import grants_of, policies_of
from gridwms.daemon.alone import alone
from gridwms.daemon.authority import authority_look
from gridwms.daemon.build import build
from gridwms.daemon.check import useless
from gridwms.daemon.config import Config, read_config
from gridwms.daemon.listening import check_addresses, listening
from gridwms.daemon.logs import set_up_logs
from gridwms.daemon.memory import settle
from gridwms.daemon.published import published
from gridwms.daemon.service import Service
from gridwms.daemon.tls import believing_of, listening_with, tls_of
from gridwms.daemon.tokens import tokens_of
from gridwms.security import capability
from gridwms.security.audit import Audited, AuditLog
from gridwms.security.authenticate import gatekeeper
from gridwms.security.certificates import Certificates
from gridwms.security.listen import Tls

logger = structlog.get_logger(__name__)

STARTED_FILE = "service.json"
_MOST_HEARD = 1 << 12
"""Bytes of a message that a listener may send on a WebSocket; none is expected."""


SWITCH_SECONDS = 0.0005
"""How long a thread computes before another one that wants to goes on. With Python's own 5 ms, matching would wait so
long at each of its steps while an information source is read."""


def serve(data: Path, *, config_file: Path | None = None, host: str | None = None, port: int | None = None) -> None:
    """Run until SIGTERM or SIGINT. Raises BadConfig, ListenRefused, UnsafeFile, AlreadyRunning, StoreUnavailable."""
    set_up_logs()
    sys.setswitchinterval(SWITCH_SECONDS)
    config = _override(read_config(config_file), host, port)
    for sentence in useless(config):
        logger.warning("configuration", why=sentence)
    tls = tls_of(config)
    believing = believing_of(config)
    check_addresses(config, tls)
    directory.make(data)
    with alone(data), listening(config) as sockets:
        url = config.service.url.rstrip("/") or _url(config, sockets[0], tls)
        capabilities = capability.load(data)
        policies = policies_of(config.access, data)
        gate = gatekeeper(
            data,
            capabilities,
            grants=grants_of(config),
            others=[*([Certificates(believing)] if believing else []), *tokens_of(config, url)],
            policies=policies,
        )
        parts = build(config, data, url, capabilities, believing)
        policies.changed = parts.world.access.set
        audited = Path(config.access.audit_directory or data / "audit")
        audit = AuditLog(audited, Audited(config.access.audit), parts.world.clock)
        ports = [one.getsockname()[1] for one in sockets]
        told = published(config, url, ports, tls, parts.world.clock())
        settings = Settings(url=url, gatekeeper=gate, audit=audit, published=told)
        look = [policies.look, authority_look(parts.world, config)]
        service = Service(parts.world, config, parts.measures, partial(withdrawn, parts.world, settings), look=look)
        app = build_app(parts.world, settings, service.tail)
        server = Server(
            app,
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=3,
                ws_max_size=_MOST_HEARD,
                ws_per_message_deflate=False,
                http=Connection,
                **listening_with(tls, ask=believing is not None),
            ),
        )
        settle()
        service.start()
        _tell(data, url)
        logger.info("serving", url=url, data=str(data))
        try:
            server.run(sockets=sockets)
        finally:
            (data / STARTED_FILE).unlink(missing_ok=True)
            service.stop()
            logger.info("stopped")


def _override(config: Config, host: str | None, port: int | None) -> Config:
    changes = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    return config.model_copy(update={"service": config.service.model_copy(update=changes)}) if changes else config


def _url(config: Config, listener: socket.socket, tls: Tls | None) -> str:
    host = f"[{config.service.host}]" if ":" in config.service.host else config.service.host
    return f"{'https' if tls else 'http'}://{host}:{listener.getsockname()[1]}"


def _tell(data: Path, url: str) -> None:
    """Let clients on this machine find the service."""
    draft = data / f"{STARTED_FILE}.new"
    draft.write_text(json.dumps({"url": url, "pid": os.getpid()}), encoding="utf-8")
    draft.replace(data / STARTED_FILE)
