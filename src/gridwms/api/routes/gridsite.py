"""The files of jobs at the addresses that WMProxy tells: any HTTPS client with a proxy puts and gets them by name."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path, Request
from starlette.responses import FileResponse, Response

from gridwms.api.body import receive
from gridwms.api.desk import AtDesk
from gridwms.api.routes.sandbox import NEVER_RUN
from gridwms.flow import collect, perusal, submit
from gridwms.flow.named_input import input_called
from gridwms.security.policy import Action

router = APIRouter(prefix="/sandbox/{key}", include_in_schema=False)
Name = Annotated[str, Path(max_length=255)]


@router.put("/input/{name}")
async def put_input(request: Request, at: AtDesk, key: str, name: Name) -> Response:
    """Send a file of the input sandbox. It may be sent again until the job is started."""
    job = await to_thread.run_sync(at.job, key, Action.FEED)
    owner, index = await to_thread.run_sync(input_called, at.world, job, name)
    await receive(request, lambda stream, length: submit.put_input(at.world, owner, index, stream, length))
    return Response(status_code=201)


@router.api_route("/input/{name}", methods=["GET", "HEAD"])
def get_input(at: AtDesk, key: str, name: Name) -> Response:
    """A file of the input sandbox that has arrived."""
    job = at.job(key, Action.FETCH)
    return _file(str(at.world.sandbox.input_path(*input_called(at.world, job, name))), name)


@router.api_route("/output/{name}", methods=["GET", "HEAD"])
def get_output(at: AtDesk, key: str, name: Name) -> Response:
    """A file of the output sandbox."""
    return _file(str(collect.open_output(at.world, at.job(key, Action.FETCH), name)), name)


@router.api_route("/peek/{name}", methods=["GET", "HEAD"])
def get_piece(at: AtDesk, key: str, name: Name) -> Response:
    """A piece of a file that a running job writes, as getPerusalFiles told it."""
    data = perusal.piece(at.world, at.job(key, Action.READ), name)
    return Response(data, media_type="application/octet-stream", headers=NEVER_RUN)


def _file(path: str, name: str) -> FileResponse:
    return FileResponse(path, media_type="application/octet-stream", filename=name, headers=NEVER_RUN)
