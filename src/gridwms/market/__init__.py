"""The information supermarket: what is known of every resource, bought from sources, swapped whole."""

from gridwms.market.machine import MachineFacts, machine_ad, read_machine
from gridwms.market.market import Market
from gridwms.market.snapshot import Resource, Snapshot, StorageElement
from gridwms.market.source import Health, Source, SourceError

__all__ = [
    "Health",
    "MachineFacts",
    "Market",
    "Resource",
    "Snapshot",
    "Source",
    "SourceError",
    "StorageElement",
    "machine_ad",
    "read_machine",
]
