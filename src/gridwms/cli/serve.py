"""`gridwms serve`: run the service."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from gridwms.cli.refusals import refusals


def serve(
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Where it keeps everything. Default: GRIDWMS_DATA.")
    ] = None,
    host: Annotated[
        str | None, typer.Option("--host", help="Where to listen; beyond this machine only with TLS.")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="0: any free one.")] = None,
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="The configuration (TOML).")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only look the configuration through.")] = False,
) -> None:
    """Run the service until it is told to stop (Ctrl-C, SIGTERM)."""
    if check:
        return _check(config)
    from gridwms.client.find import data_directory
    from gridwms.daemon.serve import serve as run

    with suppress(KeyboardInterrupt), refusals():
        run((data or data_directory()).expanduser(), config_file=config, host=host, port=port)
    return None


def _check(config: Path | None) -> None:
    from gridwms.cli import say
    from gridwms.daemon.check import check

    with refusals():
        for sentence in check(config):
            say.note(f"warning: {sentence}.")
    say.line("The configuration can be used.")
