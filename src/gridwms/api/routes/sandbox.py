"""Files of jobs: input sandbox, output sandbox, peeking."""

from __future__ import annotations

import base64
import time
from typing import Annotated
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import FileResponse

from gridwms.api.body import receive
from gridwms.api.desk import AtDesk
from gridwms.api.models.problem import ERRORS
from gridwms.api.models.sandbox import OutputFileOut, OutputOut, PeekOut, StoredOut
from gridwms.api.news import News
from gridwms.flow import collect, peek, submit
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1/jobs/{key}", tags=["files"], responses=ERRORS)
NEVER_RUN = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}


@router.put("/input/{index}", openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}}})
async def put_input(request: Request, at: AtDesk, key: str, index: Annotated[int, Path(ge=0, le=100_000)]) -> StoredOut:
    """Send file number `index` of the input sandbox. It may be sent again until the job is started."""
    job = await to_thread.run_sync(at.job, key, Action.FEED)
    size = await receive(request, lambda stream, length: submit.put_input(at.world, job, index, stream, length))
    return StoredOut(size=size)


@router.get("/output")
def output_files(at: AtDesk, key: str) -> OutputOut:
    """What there is in the output sandbox."""
    job = at.job(key, Action.FETCH)
    base = f"{at.settings.url}/api/v1/jobs/{job}/output"
    return OutputOut(
        files=[
            OutputFileOut(
                name=file.name, size=file.size, truncated=file.truncated, url=f"{base}/{quote(file.name, safe='')}"
            )
            for file in collect.output_files(at.world, job)
        ]
    )


@router.get("/output/{name}", response_class=FileResponse)
def output_file(at: AtDesk, key: str, name: str) -> FileResponse:
    """One file of the output sandbox."""
    path = collect.open_output(at.world, at.job(key, Action.FETCH), name)
    return FileResponse(path, media_type="application/octet-stream", filename=name, headers=NEVER_RUN)


@router.get("/peek")
async def peek_file(
    request: Request,
    at: AtDesk,
    key: str,
    name: Annotated[str, Query(description="a file in the job's working directory")],
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=4 << 20)] = 1 << 20,
    wait: Annotated[float, Query(ge=0, le=30, description="seconds to wait for something new")] = 0.0,
) -> PeekOut:
    """What a running job has written to a file from byte `offset` on; after its end, from the output sandbox."""
    news: News = request.app.state.news
    job = await to_thread.run_sync(at.job, key, Action.READ)
    end = time.monotonic() + wait
    access = at.world.access.count
    while True:
        seen = news.count
        if at.world.access.count != access:
            at, access = at.again(), at.world.access.count
            await to_thread.run_sync(at.job, key, Action.READ)
        part = await to_thread.run_sync(peek.read, at.world, job, name, offset, limit)
        left = end - time.monotonic()
        if part.data or part.finished or left <= 0 or news.closed:
            break
        await news.wait(seen, left)
    data = base64.b64encode(part.data).decode("ascii")
    return PeekOut(data=data, next=part.next_offset, finished=part.finished)
