"""A service as a table: what each operation takes, gives and may fail with."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.soap.types import Field, Struct, Type


@dataclass(frozen=True, slots=True)
class Operation:
    """`takes` and `gives`: the parts of its messages, in order. `faults`: names of elements of its port type."""

    name: str
    takes: tuple[Field, ...] = ()
    gives: tuple[Field, ...] = ()
    faults: tuple[str, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class PortType:
    """Operations of one namespace. `binding`, `port`: as the WSDL names them. `faults`: the structure of each.

    `types`: further ones that the WSDL declares, though no operation takes them.
    """

    namespace: str
    name: str
    binding: str
    port: str
    operations: tuple[Operation, ...]
    faults: dict[str, Struct]
    types: tuple[Type, ...] = ()
    document: bool = False
    """Messages are elements of a schema (document/literal); else their parts are named one by one (rpc/literal). They
    look the same on the way."""

    def operation(self, name: str) -> Operation | None:
        """The one of this name."""
        return next((one for one in self.operations if one.name == name), None)
