"""Consoles of interactive jobs: attaching, reading, typing."""

from __future__ import annotations

import base64
import time
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from gridwms.api.desk import AtDesk, Desk
from gridwms.api.errors import BadQuery
from gridwms.api.models.console import AttachedOut, AttachIn, ConsoleOut, ControlIn, DoneOut, InputOut, PieceOut
from gridwms.api.models.problem import ERRORS
from gridwms.api.waiting import CallerGone, ring
from gridwms.flow.console import talk
from gridwms.flow.console.console import Attached, Console
from gridwms.flow.errors import NotInState
from gridwms.jobs.job import Job
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1/jobs/{key}/console", tags=["consoles"], responses=ERRORS)
_LOOK_SECONDS = 1.0
"""How long a caller may wait before it is looked whether the job still is what it was."""


@router.post("")
async def attach(at: AtDesk, key: str, wish: AttachIn) -> AttachedOut:
    """Attach to an interactive job: any number may watch, one writes."""
    _job, console = await _console(at, key)
    now = at.world.clock()
    made = talk.attach(console, now, write=wish.mode != "watch", take=wish.mode == "take")
    return AttachedOut(attachment=made.ident, writer=console.writer == made.ident)


@router.get("/{attachment}", response_model=ConsoleOut)
async def read(
    request: Request,
    at: AtDesk,
    key: str,
    attachment: str,
    attempt: Annotated[int, Query(ge=0, description="of which the positions are; 0: none yet")] = 0,
    stdout: Annotated[int, Query(ge=0, description="bytes that you have")] = 0,
    stderr: Annotated[int, Query(ge=0, description="bytes that you have")] = 0,
    know: Annotated[str, Query(description="`taken`, `have` and `writer` as you know them, with commas")] = "",
    wait: Annotated[float, Query(ge=0, le=30, description="seconds to wait for something new")] = 0.0,
) -> Response:
    """What the payload has written beyond what you have; waits for it, or for a change of `taken`, `have`, `writer`."""
    end = time.monotonic() + wait
    while True:
        job, console = await _console(at, key)
        one = talk.attached(console, attachment, at.world.clock())
        found = talk.glance(console, one, {"stdout": stdout, "stderr": stderr}, attempt, job)
        left = end - time.monotonic()
        if found.pieces or not found.open or left <= 0 or request.app.state.news.closed or know != _known(found):
            return _answer(found)
        one.calls += 1
        at = at.again()
        try:
            await ring(request, console.bell, console.bell.count, min(left, _LOOK_SECONDS))
        except CallerGone:
            one.dropped = True
            return Response(status_code=204)
        finally:
            one.calls -= 1
            one.seen = at.world.clock()


@router.put("/{attachment}/input", openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}}})
async def send_input(
    request: Request, at: AtDesk, key: str, attachment: str, offset: Annotated[int, Query(ge=0)], end: bool = False
) -> InputOut:
    """Type: bytes from number `offset` on. `end`: nothing follows them. Sent twice they are taken once."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > talk.CHUNK:
            raise BadQuery("More input came at once than the service takes.", f"Send at most {talk.CHUNK} bytes.")
    console, one = await _attached(at, key, attachment)
    talk.type_in(console, one, offset, bytes(body), end=end)
    if console.input is None:  # type_in has seen to that
        raise NotInState("The worker node has not called yet.", "Wait.")
    return InputOut(taken=console.input.taken, have=console.input.have)


@router.post("/{attachment}/control")
async def control(at: AtDesk, key: str, attachment: str, wish: ControlIn) -> DoneOut:
    """Send a signal to the payload, or tell the size of your window."""
    console, one = await _attached(at, key, attachment)
    if wish.rows is not None and wish.columns is not None:
        talk.resize(console, one, wish.rows, wish.columns)
    if wish.signal is not None:
        talk.send_signal(console, one, wish.signal)
    return DoneOut()


@router.delete("/{attachment}")
async def detach(at: AtDesk, key: str, attachment: str) -> DoneOut:
    """Leave; the job goes on."""
    _job, console = await _console(at, key)
    console.detach(attachment)
    return DoneOut()


async def _console(at: Desk, key: str) -> tuple[Job, Console]:
    def find() -> Job:
        return talk.job_with_console(at.world, at.job(key, Action.ATTACH))

    job = await to_thread.run_sync(find)
    return job, at.world.consoles.of_job(job.key, len(job.attempts))


async def _attached(at: Desk, key: str, attachment: str) -> tuple[Console, Attached]:
    _job, console = await _console(at, key)
    return console, talk.attached(console, attachment, at.world.clock())


def _known(found: talk.Glance) -> str:
    return f"{found.taken},{found.have},{found.writer}"


def _answer(found: talk.Glance) -> Response:
    told = ConsoleOut(
        attempt=found.attempt,
        pieces=[
            PieceOut(
                stream=one.stream, offset=one.offset, lost=one.lost, data=base64.b64encode(one.data).decode("ascii")
            )
            for one in found.pieces
        ],
        writer=found.writer,
        terminal=found.terminal,
        taken=found.taken,
        have=found.have,
        input_ended=found.input_ended,
        open=found.open,
        waiting=found.waiting,
    )
    return Response(told.model_dump_json(), media_type="application/json")
