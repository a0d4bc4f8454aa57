"""The sockets of the service: its own address, and further ones that clients of old know (7443, 9000)."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from gridwms.bookkeeping.jobid import DEFAULT_PORT as LB_PORT
from gridwms.daemon.config import BadConfig, Config
from gridwms.security.listen import Tls, check_listen

_ADDRESS = re.compile(r"(?:(?P<host>\[[^\[\]]+\]|[^\[\]:]+):)?(?P<port>\d{1,5})")


def addresses_of(config: Config) -> list[tuple[str, int]]:
    """Host and port of each socket, the service's own first. Raises BadConfig."""
    own = config.service.host
    return [(own, config.service.port), *(_read(text, own) for text in config.service.also_listen)]


def job_ids_of(config: Config, url: str) -> str:
    """What ids of jobs begin with; empty: the address of the service, `url`, and `/jobs`.

    A service that listens where L&B does has ids as L&B has them: `https://<host>:9000/<key>` (gLite reference §6.1).
    """
    own = urlsplit(url)
    if config.service.job_ids or own.scheme != "https":
        return config.service.job_ids
    if LB_PORT not in [port for _host, port in addresses_of(config)]:
        return ""
    host = own.hostname or ""
    return f"https://{f'[{host}]' if ':' in host else host}:{LB_PORT}"


def check_addresses(config: Config, tls: Tls | None) -> None:
    """Return when the service may listen at all of them. Raises ListenRefused, BadConfig."""
    for host in dict.fromkeys(host for host, _port in addresses_of(config)):
        check_listen(host, tls)


@contextlib.contextmanager
def listening(config: Config) -> Iterator[list[socket.socket]]:
    """The sockets, in the same order. Raises BadConfig."""
    with contextlib.ExitStack() as opened:
        yield [opened.enter_context(_bound(host, port)) for host, port in addresses_of(config)]


def _read(text: str, own: str) -> tuple[str, int]:
    found = _ADDRESS.fullmatch(text.strip())
    if found is None or not 0 < int(found["port"]) < 1 << 16:
        raise BadConfig(
            f"[service] also_listen: '{text}' is no address; accepted: PORT, or HOST:PORT such as 0.0.0.0:7443."
        )
    return (found["host"] or own).strip("[]"), int(found["port"])


@contextlib.contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise BadConfig(
                f"Cannot listen on {host} port {port}: {error.strerror}. "
                "Give --port, or also_listen, another number (--port 0: any free one)."
            ) from error
        listener.listen(1024)
        yield listener
