"""Which WMProxy is asked, and which next when one is silent, drained or has too much to do (gLite reference §8.1)."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from gridwms.glite.failure import Failure, Fault
from gridwms.glite.https import Https
from gridwms.glite.wmproxy import ConnectionFailed, WmProxy

if TYPE_CHECKING:
    from gridwms.glite.settings import Settings
    from gridwms.glite.talk import Talk
    from gridwms.glite.user import User

T = TypeVar("T")
PATH = "/glite_wms_wmproxy_server"
_NONE_TO_ASK = "Unable to find any endpoint where to connect"
_NONE_DID = "Unable to find any endpoint where to perform service request"


class Servers:
    """`urls`: those that are configured, in the order in which they are tried; `alone`: the user named the one, so its
    error is the error."""

    def __init__(self, urls: list[str], user: User, settings: Settings, talk: Talk, *, alone: bool) -> None:
        self.urls, self._user, self._settings, self._talk, self._alone = urls, user, settings, talk, alone
        named = (*urls, *settings.texts("WmProxyEndPoints"), *(f"//{one}" for one in settings.texts("LBAddresses")))
        self.trusted = frozenset(host for url in named if (host := urlsplit(url).hostname))
        """Hosts that the user or the configuration names."""
        self.https = Https(user, self.trusted, verify=settings.flag("AuthenticateServer", default=True))
        self._told: set[str] = set()
        self._vo = user.vo or settings.vo

    @classmethod
    def of(
        cls,
        given: str,
        user: User,
        settings: Settings,
        talk: Talk,
        environment: Mapping[str, str] = os.environ,
        rng: random.Random | None = None,
    ) -> Servers:
        """`given`: what -e says; else GLITE_WMS_WMPROXY_ENDPOINT, else those of the configuration, mixed unless
        GRIDWMS_SERVICE_ORDER=given."""
        if one := given or environment.get("GLITE_WMS_WMPROXY_ENDPOINT", ""):
            return cls([one], user, settings, talk, alone=True)
        urls = list(dict.fromkeys(settings.texts("WmProxyEndPoints")))
        if environment.get("GRIDWMS_SERVICE_ORDER", "") != "given":
            (rng or random.SystemRandom()).shuffle(urls)
        return cls(urls, user, settings, talk, alone=False)

    def close(self) -> None:
        """Give the connections back."""
        self.https.close()

    def at(self, url: str) -> WmProxy:
        """The service at this address; a host alone has the usual path."""
        return WmProxy(with_path(url), self.https, self._settings)

    def connect(self, url: str) -> WmProxy:
        """The same, and say so."""
        server = self.at(url)
        if server.url not in self._told:
            self._talk.info("Connecting to the service", server.url)
            self._told.add(server.url)
        return server

    def first(self, step: Callable[[WmProxy], T]) -> T:
        """Do it at the first service that can. Raises Failure."""
        failed = False
        for url in self._candidates():
            if failed:
                self._talk.info("Switching to next WMProxy Server...", "")
            server = self.connect(url)
            try:
                return step(server)
            except ConnectionFailed as error:
                if self._alone or error.lost:
                    raise
                self._talk.warning(f"Connection failed: {error.reason}")
            except Fault as error:
                if self._alone or not error.elsewhere:
                    raise
                self._talk.warning(error.title, error.text)
            failed = True
        raise Failure("Operation failed", _NONE_DID if failed else _NONE_TO_ASK)

    def _candidates(self) -> Iterator[str]:
        """Those of the configuration, then, if it allows that, those that information systems know of."""
        yield from self.urls
        if not self._alone and self._settings.flag("EnableServiceDiscovery", default=False):
            yield from (url for url in self._discovered() if url not in self.urls)

    def _discovered(self) -> list[str]:
        from gridwms.glite.discovery import WMPROXY, NoDiscovery, services

        kind = self._settings.text("WMProxyServiceDiscoveryType") or WMPROXY
        try:
            return services(kind, self._vo)
        except NoDiscovery as error:
            self._talk.warning("Service Discovery failed", str(error))
            return []

    def each(self, step: Callable[[WmProxy], T]) -> list[tuple[str, T]]:
        """Do it at all; those that did it. Raises Failure when none did."""
        done: list[tuple[str, T]] = []
        for url in self._candidates():
            server = self.connect(url)
            try:
                done.append((server.url, step(server)))
            except (ConnectionFailed, Fault) as error:
                if self._alone:
                    raise
                self._talk.warning(error.title, error.text)
        if not done:
            raise Failure("Operation failed", _NONE_DID if self._told else _NONE_TO_ASK)
        return done

    def tell_versions(self) -> None:
        """The version of every service; of a silent one why."""
        for url in self.urls:
            server = self.connect(url)
            try:
                self._talk.line(f"WMProxy Version: {server.version()}\n\n")
            except (ConnectionFailed, Fault) as error:
                self._talk.line(f"{error.text if isinstance(error, ConnectionFailed) else error}\n\n")


def with_path(url: str) -> str:
    """The address with WMProxy's path, where there is none."""
    if "://" not in url:
        url = f"https://{url}"
    return url.rstrip("/") if urlsplit(url).path.strip("/") else f"{url.rstrip('/')}{PATH}"
