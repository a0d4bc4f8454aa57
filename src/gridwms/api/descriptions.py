"""Descriptions in the body of a request: one as it is (any content type but JSON), or JSON with one or many."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from gridwms.api.models.submission import DescriptionIn, DescriptionsIn

_JSON: TypeAdapter[DescriptionsIn | DescriptionIn] = TypeAdapter(DescriptionsIn | DescriptionIn)


class Handed(NamedTuple):
    """What was sent. `many`: in the form for many, and so is the answer."""

    texts: list[bytes]
    many: bool


async def texts(request: Request) -> Handed:
    """The descriptions that were sent. Raises RequestValidationError."""
    body = await request.body()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return Handed([body], many=False)
    try:
        read = _JSON.validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_context=False, include_input=False)) from error
    if isinstance(read, DescriptionsIn):
        return Handed([one.text() for one in read.jobs], many=True)
    return Handed([read.text()], many=False)


async def text(request: Request) -> bytes:
    """The one description that was sent. Raises RequestValidationError."""
    found = await texts(request)
    if found.many:
        raise RequestValidationError([{"loc": ("body", "jobs"), "msg": "one description is expected here"}])
    return found.texts[0]


Texts = Annotated[Handed, Depends(texts)]
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
