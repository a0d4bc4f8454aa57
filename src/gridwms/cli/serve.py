"""`gridwms serve`: run the service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit


def serve(
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Where it keeps everything. Default: GRIDWMS_DATA.")
    ] = None,
    host: Annotated[
        str | None, typer.Option("--host", help="Where to listen; beyond this machine only with TLS.")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="0: any free one.")] = None,
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="The configuration (TOML).")] = None,
) -> None:
    """Run the service until it is told to stop (Ctrl-C, SIGTERM)."""
    from gridwms.client.find import data_directory
    from gridwms.daemon.serve import serve as run

    try:
        run((data or data_directory()).expanduser(), config_file=config, host=host, port=port)
    except KeyboardInterrupt:
        return
    except Exception as error:
        if type(error).__module__.split(".")[0] != "gridwms":
            raise
        # Whatever the parts of a service refuse to start with is a sentence already.
        say.note(f"error: {getattr(error, 'sentence', '') or error}")
        if getattr(error, "advice", ""):
            say.note(f"       {getattr(error, 'advice', '')}")
        raise typer.Exit(Exit.FAILED) from error
