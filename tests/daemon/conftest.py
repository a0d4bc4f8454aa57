"""The world of the use cases, for what runs above them."""

from tests.flow.conftest import stage

__all__ = ["stage"]
