"""The HTTP server, told to stop: event streams end at once instead of holding it up."""

from __future__ import annotations

from types import FrameType

import uvicorn
from fastapi import FastAPI


class Server(uvicorn.Server):
    """Runs an application of `build_app`. Stops at SIGINT and SIGTERM, or after `stop`."""

    def __init__(self, app: FastAPI, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._app = app

    def stop(self) -> None:
        """Ask it to stop; from any thread."""
        self._let_go()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._let_go()
        super().handle_exit(sig, frame)

    def _let_go(self) -> None:
        self._app.state.news.close()
        self._app.state.streams.close()
