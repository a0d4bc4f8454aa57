"""What a use case answers when it cannot do what was asked: each a sentence and an advice."""

from __future__ import annotations

from gridwms.describe.problem import Problem


class FlowError(Exception):
    """Nothing was changed. `code` is stable, for programs."""

    code = "error"

    def __init__(self, sentence: str, advice: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.advice = advice


class UnknownJob(FlowError):
    """No job has this key."""

    code = "unknown_job"

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no job '{key}' here.", "Check the id; 'gridwms status' lists your jobs.")
        self.key = key


class NotPermitted(FlowError):
    """The identity may not do this."""

    code = "not_permitted"


class NotInState(FlowError):
    """The job is in a state in which this cannot be done."""

    code = "not_in_state"


class IsCompound(NotInState):
    """This is asked of single jobs and of nodes only."""

    code = "compound"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Job {key} is a compound: only its nodes have what you ask for.",
            f"'gridwms status --nodes {key}' lists them; 'gridwms output' fetches the output of all.",
        )


class NotFound(FlowError):
    """The job has no such file, attempt or input."""

    code = "not_found"


class Refused(FlowError):
    """A description has errors."""

    code = "refused"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("The description is refused: " + "; ".join(str(p) for p in problems[:3]), "Correct it.")
        self.problems = problems


class Overloaded(FlowError):
    """Too much at once."""

    code = "overloaded"


class Draining(FlowError):
    """The service takes no new work; everything else goes on."""

    code = "draining"

    def __init__(self) -> None:
        super().__init__(
            "Unavailable service (the server is temporarily drained)",
            "Nothing was done; try again later, or at another service. Jobs that are here go on.",
        )


class StoreFull(FlowError):
    """The disk of the service is full."""

    code = "store_full"
