"""Descriptions in the body of a request: one as it is (any content type but JSON), or JSON with one or many."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from gridwms.api.models.submission import DescriptionIn, DescriptionsIn

_JSON: TypeAdapter[DescriptionsIn | DescriptionIn] = TypeAdapter(DescriptionsIn | DescriptionIn)


async def texts(request: Request) -> list[bytes]:
    """The descriptions that were sent. Raises RequestValidationError."""
    body = await request.body()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return [body]
    try:
        read = _JSON.validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_context=False, include_input=False)) from error
    return [one.text() for one in read.jobs] if isinstance(read, DescriptionsIn) else [read.text()]


async def text(request: Request) -> bytes:
    """The one description that was sent. Raises RequestValidationError."""
    found = await texts(request)
    if len(found) != 1:
        raise RequestValidationError([{"loc": ("body", "jobs"), "msg": "one description is expected here"}])
    return found[0]


Texts = Annotated[list[bytes], Depends(texts)]
Text = Annotated[bytes, Depends(text)]


_ONE = DescriptionIn.model_json_schema()
_MANY = {
    "type": "object",
    "required": ["jobs"],
    "properties": {"jobs": {"type": "array", "items": _ONE, "minItems": 1}},
}
_TEXT = {"text/plain": {"schema": {"type": "string", "description": "one JDL"}}}
DESCRIPTION = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": _ONE}} | _TEXT},
}
DESCRIPTIONS = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"anyOf": [_ONE, _MANY]}}} | _TEXT},
}
"""For OpenAPI: these bodies are read by hand, because one form of them is plain text."""
