"""gridwms' own form of job descriptions: YAML, TOML and Python, one table of keys behind them."""

from gridwms.describe.native.read import read_native
from gridwms.describe.native.write import write_native

__all__ = ["read_native", "write_native"]
