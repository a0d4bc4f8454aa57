"""A small job that is sent through every step of a computing element, to see what is wrong there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gridwms.cli import say
from gridwms.client import Client
from gridwms.client.errors import ClientError, TimedOut

_WORD = "canary"
STEPS = {
    "Matched": "matched",
    "Delivered": "delivered",
    "Running": "running",
    "PayloadStarted": "payload",
    "Finished": "finished",
}
"""Events that tell that a step was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """What became of it. `steps`: those that it took; `wrong`: a sentence, empty when all went well."""

    ce: str
    ok: bool
    job: str
    steps: tuple[str, ...]
    wrong: str


def send(client: Client, ce: str, timeout: float) -> Canary:
    """Send one to a computing element and wait for its end; one that does not come in time is cancelled."""
    text = f"""[
  Executable = "canary.sh"; StdInput = "word"; StdOutput = "said";
  InputSandbox = {{"canary.sh", "word"}}; OutputSandbox = {{"said"}};
  RetryCount = 0; ShallowRetryCount = 0; SubmitTo = "{ce}";
]"""
    with TemporaryDirectory(prefix="gridwms-test-") as folder:
        place = Path(folder)
        (place / "word").write_text(_WORD)
        (place / "canary.sh").write_text("#!/bin/sh\nexec cat\n")
        (place / "canary.jdl").write_text(text)
        [accepted] = client.submit([place / "canary.jdl"])
        if accepted.error is not None or not accepted.id:
            why = str(accepted.error or "; ".join(problem.message for problem in accepted.problems))
            return Canary(ce=ce, ok=False, job="", steps=(), wrong=f"it was not accepted: {why}")
        job = accepted.id
        wrong = _follow(client, job, timeout) or _compare(client, job, place / "out")
    seen = {event.type for event in client.history(job)}
    return Canary(ce=ce, ok=not wrong, job=job, steps=tuple(n for t, n in STEPS.items() if t in seen), wrong=wrong)


def report(results: list[Canary]) -> None:
    """One line a computing element."""
    for one in results:
        mark = say.paint("well", "good") if one.ok else say.paint("failed", "bad")
        say.line(f"{mark}  {one.ce}  ({', '.join(one.steps) or 'no step'})")
        if one.wrong:
            say.line(f"      {say.clean(one.wrong)}")


def _follow(client: Client, job: str, timeout: float) -> str:
    """Wait for its end; what was wrong, or empty."""
    try:
        [ended] = client.wait([job], timeout=timeout)
    except TimedOut:
        why = client.why(job)
        client.cancel([job])
        return f"it has not ended within {timeout:.0f} s: {why.sentence}"
    if ended.state == "DONE" and ended.done_code == "OK":
        return ""
    # what an attempt failed of, and not that there are no more of them
    failures = [attempt.reason for attempt in client.job(job).attempts if attempt.reason is not None]
    last = failures[-1] if failures else ended.reason
    return f"{last.sentence.rstrip('. ')}. {last.advice}" if last else f"it ended as {ended.state}"


def _compare(client: Client, job: str, target: Path) -> str:
    """Whether the output is what was sent."""
    try:
        client.output(job, target)
    except ClientError as error:
        return f"its output cannot be fetched: {error}"
    said = target / "said"
    return "" if said.is_file() and said.read_text() == _WORD else "its output is not what was sent"
