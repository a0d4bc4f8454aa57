"""Descriptions to begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gridwms.api.desk import Desk
from gridwms.api.wmproxy.common import Handler
from gridwms.api.wmproxy.faults import BadArgument
from gridwms.describe.jdl import templates
from gridwms.describe.jdl.templates import BadTemplate, Graph, Wishes
from gridwms.security.policy import Action


def _job(values: dict[str, Any]) -> str:
    kinds = [one for one in values["jobType"]["jobType"] if one]
    return templates.job(kinds, values["executable"], values["arguments"], _wishes(values))


def _dag(values: dict[str, Any]) -> str:
    return templates.dag(_graph(values["dependencies"]), _wishes(values))


def _collection(values: dict[str, Any]) -> str:
    return templates.collection(values["jobNumber"], _wishes(values))


def _numbers(values: dict[str, Any]) -> str:
    start, step = values["parameterStart"], values["parameterStep"]
    return templates.parametric(_attributes(values), values["param"], start, step, _wishes(values))


def _texts(values: dict[str, Any]) -> str:
    given = [one or "" for one in values["param"]["Item"]]
    return templates.parametric(_attributes(values), given, 0, 1, _wishes(values))


def _attributes(values: dict[str, Any]) -> list[str]:
    return [one or "" for one in values["attributes"]["Item"]]


def _wishes(values: dict[str, Any]) -> Wishes:
    return Wishes(values["requirements"], values["rank"])


def _graph(given: dict[str, Any]) -> Graph:
    return Graph(given["name"] or "", tuple(_graph(child) for child in given["childrenJob"] if child))


def _making(make: Callable[[dict[str, Any]], str]) -> Handler:
    def handler(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
        at.may(Action.LOOK_AT_MARKET)
        try:
            return {"jdl": make(values)}
        except BadTemplate as error:
            raise BadArgument(str(error)) from error

    return handler


HANDLERS: dict[str, Handler] = {
    "getJobTemplate": _making(_job),
    "getDAGTemplate": _making(_dag),
    "getCollectionTemplate": _making(_collection),
    "getIntParametricJobTemplate": _making(_numbers),
    "getStringParametricJobTemplate": _making(_texts),
}
