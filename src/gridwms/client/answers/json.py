"""What an answer is before it is read."""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]
