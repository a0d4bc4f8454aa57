"""A service for tests of its HTTP side: the real use cases and store, one scripted site, two users, a real server.

Nothing moves by itself: a test lets jobs be matched and delivered, and plays the wrapper over HTTP.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvicorn

from gridwms.api.app import build_app
from gridwms.api.server import Server
from gridwms.api.settings import Settings
from gridwms.channels.address import Reach, read_networks
from gridwms.channels.outlets import Outlets
from gridwms.channels.webhook import Webhooks
from gridwms.flow.deliver import run_errands
from gridwms.flow.schedule import Scheduler
from gridwms.flow.tail import Tail
from gridwms.flow.world import FlowSettings, World
from gridwms.jobs.ids import tag_of
from gridwms.sandbox.area import Area
from gridwms.sandbox.limits import Limits
from gridwms.security.authenticate import gatekeeper
from gridwms.security.capability import load
from gridwms.security.policies import Kind, Policies, Source
from gridwms.security.token import owner_token, user_token
from gridwms.store.database import Database
from tests.flow.conftest import FixedMarket, place
from tests.flow.scripted import ScriptedSite

LIMITS = Limits(input_file=1 << 20, input_job=3 << 20, output_file=1 << 20, output_job=3 << 20, peek_file=1 << 20)
USERS = ("ann", "bob")
HELLO = '[Executable = "/bin/true"; OutputSandbox = {"out"}; PerusalFileEnable = true;]'


class QuietMarket(FixedMarket):
    """A market whose sources are all well."""

    def health(self) -> list[object]:
        return []


@dataclass
class House:
    """`op` runs the service, `ann` and `bob` are users."""

    world: World
    site: ScriptedSite
    url: str
    tokens: dict[str, str]
    server: Server
    tail: Tail
    data: Path
    clients: list[httpx.Client] = field(default_factory=list)

    def http(self, user: str = "ann") -> httpx.Client:
        """A connection of a user; "" for nobody."""
        headers = {"Authorization": f"Bearer {self.tokens[user]}"} if user else {}
        client = httpx.Client(base_url=self.url, headers=headers, timeout=20.0, trust_env=False, verify=False)
        self.clients.append(client)
        return client

    def submit(self, text: str = HELLO, user: str = "ann") -> str:
        answer = self.http(user).post("/api/v1/jobs", json={"jdl": text})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["jobs"][0]["key"])

    def deliver(self) -> None:
        """Match what waits, and hand it to the site."""
        scheduler = Scheduler(self.world)
        while scheduler.round():
            pass
        run_errands(self.world, self.site)

    def wrapper(self, key: str, attempt: int = 1) -> httpx.Client:
        """A connection of the wrapper of an attempt."""
        tag = tag_of(key, attempt)
        headers = {"Authorization": f"Bearer {self.world.capability(tag)}"}
        client = httpx.Client(
            base_url=f"{self.url}/worker/v1/{tag}", headers=headers, timeout=20.0, trust_env=False, verify=False
        )
        self.clients.append(client)
        return client

    def running(self, text: str = HELLO, user: str = "ann") -> tuple[str, httpx.Client]:
        """A job whose wrapper has the token; its key and the wrapper's connection."""
        key = self.submit(text, user)
        self.deliver()
        wrapper = self.wrapper(key)
        answer = wrapper.post("/token?instance=i1", content=event("Running", 1, 1, node="wn1"))
        assert answer.text == "go\n", answer.text
        return key, wrapper

    def done(self, text: str = HELLO, user: str = "ann", **files: bytes) -> str:
        """A job that ended well with these output files."""
        key, wrapper = self.running(text, user)
        for name, content in (files or {"out": b"hello"}).items():
            assert wrapper.put(f"/output/{name}", content=content).status_code == 201
        assert wrapper.post("/events", content=event("Finished", 1, 2, exit_code=0)).text == "go on\n"
        return key


def event(kind: str, attempt: int, number: int, **fields: object) -> str:
    """A line of the worker protocol."""
    pairs = {"type": kind, "id": f"worker-{attempt}-{number}-i1", "time": "1700000000"} | fields
    return str(httpx.QueryParams({name: str(value) for name, value in pairs.items()})) + "\n"


@contextlib.contextmanager
def house(data: Path) -> Iterator[House]:
    capabilities = load(data)
    tokens = {"op": owner_token(data)} | {name: user_token(data, name) for name in USERS}
    policies = Policies([Source(Kind.POLICY, data / "policy.toml", needed=False)])
    gate = gatekeeper(data, capabilities, "op", policies=policies)
    database = Database.sqlite(data / "gridwms.sqlite")
    site = ScriptedSite()
    server_config = uvicorn.Config("x", port=0, log_config=None, access_log=False, timeout_graceful_shutdown=3)
    listener = server_config.bind_socket()
    listener.listen(128)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    world = World(
        database=database,
        market=QuietMarket(place(GlueHostNetworkAdapterOutboundIP=True)),  # type: ignore[arg-type]
        sandbox=Area(data / "sandbox", LIMITS),
        sites={site.name: site},
        settings=FlowSettings(base_url=url),
        capability=capabilities.of,
        outlets=Outlets(
            webhooks=Webhooks(Reach(read_networks(["127.0.0.0/8"]))),
            mailer=None,
            secret=lambda key: capabilities.derive("webhook", key),
        ),
    )
    policies.changed = world.access.set
    tail = Tail(world)
    server_config.app = app = build_app(world, Settings(url=url, gatekeeper=gate), tail)
    server = Server(app, server_config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    made = House(world, site, url, tokens, server, tail, data)
    try:
        yield made
    finally:
        for client in made.clients:
            client.close()
        server.stop()
        thread.join(10)
        listener.close()
        tail.close()
        database.close()
