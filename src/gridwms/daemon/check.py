"""A configuration looked through: what is wrong in it, and what in it is of no use."""

from __future__ import annotations

from pathlib import Path

from gridwms.daemon.build import data_and_settings
from gridwms.daemon.config import Config, read_config
from gridwms.jobs.rules import idle


def check(config_file: Path | None) -> list[str]:
    """Read it as `gridwms serve` does; sentences about what is of no use. Nothing is started. Raises BadConfig."""
    config = read_config(config_file)
    data_and_settings(config, "http://localhost")
    return useless(config)


def useless(config: Config) -> list[str]:
    """Sentences about what is allowed and cannot be meant."""
    return idle([one.rule() for one in config.retry], config.sites)
