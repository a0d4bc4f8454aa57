"""The client of a gridwms service: `Client` and `AsyncClient`, typed, over HTTP. Imports nothing of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridwms.client.asynchronous import AsyncClient
    from gridwms.client.synchronous import Client

__all__ = ["AsyncClient", "Client"]


def __getattr__(name: str) -> Any:
    # The HTTP library costs a tenth of a second; `gridwms --help` does not pay for it.
    if name == "Client":
        from gridwms.client.synchronous import Client

        return Client
    if name == "AsyncClient":
        from gridwms.client.asynchronous import AsyncClient

        return AsyncClient
    raise AttributeError(name)
