"""Why something is as it is."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.client.answers.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something is as it is: a stable code, a sentence, an advice."""

    code: str
    sentence: str
    advice: str

    @classmethod
    def read(cls, told: Json | None) -> Reason | None:
        return None if told is None else cls(code=told["code"], sentence=told["sentence"], advice=told["advice"])
