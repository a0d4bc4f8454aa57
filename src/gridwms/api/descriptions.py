"""Descriptions in the body of a request: one as it is (any content type but JSON), or JSON with one or many."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from gridwms.api.models.submission import DescriptionIn, DescriptionsIn
from gridwms.describe.convert.dialects import Dialect

_JSON: TypeAdapter[DescriptionsIn | DescriptionIn] = TypeAdapter(DescriptionsIn | DescriptionIn)


class One(NamedTuple):
    """One description, and its dialect when the sender named it."""

    text: bytes
    dialect: Dialect | None = None


class Handed(NamedTuple):
    """What was sent. `many`: in the form for many, and so is the answer."""

    descriptions: list[One]
    many: bool

    @property
    def texts(self) -> list[bytes]:
        return [one.text for one in self.descriptions]

    @property
    def dialects(self) -> dict[bytes, Dialect]:
        """The dialects that were named, by text."""
        return {one.text: one.dialect for one in self.descriptions if one.dialect is not None}


Format = Annotated[Dialect | None, Query(alias="format", description="the dialect of a plain body; guessed without")]


async def texts(request: Request, dialect: Format = None) -> Handed:
    """The descriptions that were sent. Raises RequestValidationError."""
    body = await request.body()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return Handed([One(body, dialect)], many=False)
    try:
        read = _JSON.validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_context=False, include_input=False)) from error
    if isinstance(read, DescriptionsIn):
        return Handed([One(one.text(), one.format) for one in read.jobs], many=True)
    return Handed([One(read.text(), read.format)], many=False)


async def one(request: Request, dialect: Format = None) -> One:
    """The one description that was sent. Raises RequestValidationError."""
    found = await texts(request, dialect)
    if found.many:
        raise RequestValidationError([{"loc": ("body", "jobs"), "msg": "one description is expected here"}])
    return found.descriptions[0]


Texts = Annotated[Handed, Depends(texts)]
Text = Annotated[One, Depends(one)]


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that refers to nothing outside of it: what it names under `$defs` stands where it is used."""
    named = schema.pop("$defs", {})

    def within(part: Any) -> Any:
        if isinstance(part, list):
            return [within(one) for one in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return within(named[part["$ref"].removeprefix("#/$defs/")])
        return {name: within(one) for name, one in part.items()}

    whole: dict[str, Any] = within(schema)
    return whole


_ONE = _whole(DescriptionIn.model_json_schema())
_MANY = {
    "type": "object",
    "required": ["jobs"],
    "properties": {"jobs": {"type": "array", "items": _ONE, "minItems": 1}},
}
_TEXT = {"text/plain": {"schema": {"type": "string", "description": "one description"}}}
DESCRIPTION = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": _ONE}} | _TEXT},
}
DESCRIPTIONS = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"anyOf": [_ONE, _MANY]}}} | _TEXT},
}
"""For OpenAPI: these bodies are read by hand, because one form of them is plain text."""
