"""What can go wrong for a client. Each error is a sentence and an advice; `code` is stable, for programs."""

from __future__ import annotations

from typing import Any

from gridwms.client.answers import Problem


class ClientError(Exception):
    """Any of them."""

    code = "error"

    def __init__(self, sentence: str, advice: str = "", code: str = "") -> None:
        super().__init__(f"{sentence} {advice}".strip())
        self.sentence = sentence
        self.advice = advice
        self.code = code or self.code


class ServiceUnreachable(ClientError):
    """Nothing answers, or not in time. `sent`: what was asked may have happened."""

    code = "unreachable"

    def __init__(self, sentence: str, advice: str = "", code: str = "", *, sent: bool = True) -> None:
        super().__init__(sentence, advice, code)
        self.sent = sent


class WrongService(ClientError):
    """The id or the token belongs to another service than the one that would be asked."""

    code = "wrong_service"


class NotTrusted(ClientError):
    """Who answers does not prove to be the service."""

    code = "not_trusted"


class NotIdentified(ClientError):
    """The service does not accept the token, or there is none."""

    code = "not_identified"


class NotPermitted(ClientError):
    """The job belongs to somebody else."""

    code = "not_permitted"


class NotThere(ClientError):
    """The service knows no such job or file."""

    code = "not_found"


class NotInState(ClientError):
    """The job is in a state in which this cannot be done."""

    code = "not_in_state"


class Refused(ClientError):
    """What was sent is wrong; `problems` has the findings when it was a description."""

    code = "refused"

    def __init__(self, sentence: str, advice: str = "", code: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(sentence, advice, code)
        self.problems = problems


class ServiceBusy(ClientError):
    """Too much at once, or its disk is full: later it may do it."""

    code = "busy"


class ServiceFailed(ClientError):
    """The service failed, or something else than a gridwms service answered."""

    code = "service_failed"


class LocalFile(ClientError):
    """A file of this machine cannot be read or written."""

    code = "local_file"


class TimedOut(ClientError):
    """What was waited for did not happen in the time given."""

    code = "timed_out"


_BY_STATUS: dict[int, type[ClientError]] = {
    401: NotIdentified,
    403: NotPermitted,
    404: NotThere,
    409: NotInState,
    413: Refused,
    422: Refused,
    429: ServiceBusy,
    503: ServiceBusy,
    507: ServiceBusy,
}


def from_answer(status: int, body: Any, url: str) -> ClientError:
    """The error that an answer with this HTTP status and decoded body (None: no JSON) stands for."""
    told = body.get("error") if isinstance(body, dict) else None
    if not isinstance(told, dict):
        return ServiceFailed(
            f"{url} answered with HTTP status {status}, and not as a gridwms service does.",
            "Look at the address of the service, and at its log.",
        )
    kind = _BY_STATUS.get(status, ServiceFailed)
    words = (str(told.get("message", "")), str(told.get("advice", "")), str(told.get("code", "")))
    if kind is Refused:
        return Refused(*words, problems=tuple(Problem.read(each) for each in told.get("problems", ())))
    return kind(*words)


def of_item(told: dict[str, Any]) -> ClientError:
    """The error of one item in the answer to a request about many."""
    kinds = {"unknown_job": NotThere, "not_found": NotThere, "not_permitted": NotPermitted, "not_in_state": NotInState}
    code = str(told.get("code", ""))
    return kinds.get(code, ClientError)(str(told.get("message", "")), str(told.get("advice", "")), code)
