from __future__ import annotations

from collections.abc import Iterator

import pytest

from gridwms.client import Client
from tests.client.running import Running, running


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for all tests of this folder."""
    with running(tmp_path_factory.mktemp("service")) as made:
        yield made


@pytest.fixture
def client(service: Running) -> Iterator[Client]:
    with Client(address=service.address) as made:
        yield made
