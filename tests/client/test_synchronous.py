from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.client import Client, answers
from gridwms.client.errors import (
    ClientError,
    LocalFile,
    NotInState,
    NotThere,
    Refused,
    ServiceUnreachable,
    TimedOut,
)
from gridwms.client.find import Address
from tests.client.running import Running

ECHO = 'Executable = "/bin/echo"; Arguments = "hello"; StdOutput = "out"; OutputSandbox = {"out"};'
SLEEP = 'Executable = "/bin/sleep"; Arguments = "60";'


def script(folder: Path, name: str = "job.jdl") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.sh").write_text('#!/bin/sh\ncat "a b.txt"\n')
    (folder / "a b.txt").write_text("content of the file\n")
    file = folder / name
    file.write_text(
        'Executable = "run.sh"; InputSandbox = {"run.sh", "a b.txt"}; StdOutput = "out"; OutputSandbox = {"out"};'
    )
    return file


def test_a_job_there_and_back(client: Client, tmp_path: Path) -> None:
    [submission] = client.submit([script(tmp_path / "work")])
    assert submission.error is None
    assert submission.id == f"{client.url}/jobs/{submission.key}"
    [job] = client.wait([submission.id], timeout=60)
    assert (job.state, job.done_code, job.exit_code) == ("DONE", "OK", 0)
    assert job.went_well
    [path] = client.output(submission.id, tmp_path / "home")
    assert path.read_text() == "content of the file\n"
    assert [found.name for found in (tmp_path / "home").iterdir()] == ["out"]
    assert client.job(submission.key).state == "CLEARED"
    kinds = [event.type for event in client.history(submission.id)]
    assert kinds[0] == "Registered"
    assert kinds[-1] == "Cleared"


def test_states_are_seen_as_they_pass(client: Client) -> None:
    [submission] = client.submit(['Executable = "/bin/sleep"; Arguments = "1";'])
    seen = [job.state for job in client.watch([submission.id], timeout=60)]
    assert seen[-1] == "DONE"
    assert "RUNNING" in seen
    order = ["WAITING", "READY", "SCHEDULED", "RUNNING", "DONE"]
    assert [order.index(state) for state in seen] == sorted(order.index(state) for state in seen)


def test_many_at_once_each_with_its_own_answer(client: Client, tmp_path: Path) -> None:
    sources = [ECHO, "nonsense = ", script(tmp_path), ECHO.encode(), 'Executable = "/bin/\xe9";'.encode("latin-1")]
    done = client.submit(sources)
    assert [bool(submission.error) for submission in done] == [False, True, False, False, True]
    assert isinstance(done[1].error, Refused)
    assert done[1].error.problems
    good = [submission.id for submission in done if submission.id]
    jobs = client.wait(good, timeout=60)
    assert [job.id for job in jobs] == good
    assert all(job.went_well for job in jobs)


def test_a_missing_input_file_leaves_no_job_behind(client: Client, tmp_path: Path) -> None:
    file = script(tmp_path)
    (tmp_path / "a b.txt").unlink()
    [submission] = client.submit([file])
    assert isinstance(submission.error, LocalFile)
    assert "a b.txt" in submission.error.sentence
    assert client.job(submission.key).state == "CANCELLED"


@pytest.mark.parametrize("what", ["directory", "missing"])
def test_a_description_that_cannot_be_read_is_a_sentence(client: Client, tmp_path: Path, what: str) -> None:
    path = tmp_path if what == "directory" else tmp_path / "none.jdl"
    with pytest.raises(LocalFile, match="cannot be read"):
        client.submit([path])


def test_one_wrong_id_harms_no_other(client: Client) -> None:
    [submission] = client.submit([ECHO])
    client.wait([submission.id], timeout=60)
    found = client.status([submission.id, "0" * 22])
    assert isinstance(found[0], answers.Job)
    assert isinstance(found[1], NotThere)
    with pytest.raises(NotThere):
        client.job("0" * 22)
    with pytest.raises(NotThere):
        client.wait(["0" * 22], timeout=10)


def test_waiting_ends_with_the_time_given(client: Client) -> None:
    [submission] = client.submit([SLEEP])
    with pytest.raises(TimedOut, match="1 job has not"):
        client.wait([submission.id], timeout=0.5)
    [ended] = client.cancel([submission.id])
    assert isinstance(ended, answers.Ended)
    assert ended.done
    [job] = client.wait([submission.id], timeout=60)
    assert job.state == "CANCELLED"
    [again] = client.cancel([submission.id])
    assert isinstance(again, answers.Ended)
    assert not again.done


def test_waiting_survives_a_restart_of_the_service(service: Running, client: Client) -> None:
    [submission] = client.submit(['Executable = "/bin/sleep"; Arguments = "2";'])
    seen = []
    lost: list[ClientError] = []
    for job in client.watch([submission.id], timeout=90, lost=lost.append):
        seen.append(job.state)
        if job.state == "RUNNING" and seen.count("RUNNING") == 1:
            service.stop()
            service.start()
    assert seen[-1] == "DONE"
    assert all("does not answer" in str(error) or "broke" in str(error) for error in lost)


def test_waiting_for_a_service_that_was_never_there_ends_at_once() -> None:
    with Client(address=Address("http://127.0.0.1:1", "t")) as nobody, pytest.raises(ServiceUnreachable):
        nobody.wait(["0" * 22])


def test_output_of_a_running_job_is_refused_with_advice(client: Client, tmp_path: Path) -> None:
    [submission] = client.submit([SLEEP])
    with pytest.raises(NotInState) as caught:
        client.output(submission.id, tmp_path / "home")
    assert caught.value.advice
    assert not (tmp_path / "home").exists()
    client.cancel([submission.id])


def test_peeking_follows_to_the_end(client: Client) -> None:
    text = (
        'Executable = "/bin/sh"; Arguments = "-c \'echo one; sleep 3; echo two\'"; StdOutput = "log"; '
        'OutputSandbox = {"log"}; PerusalFileEnable = true; PerusalTimeInterval = 1;'
    )
    [submission] = client.submit([text])
    assert b"".join(client.peek(submission.id, "log", follow=True)) == b"one\ntwo\n"
    assert b"".join(client.peek(submission.id, "log")) == b"one\ntwo\n"


def test_lists_go_through_all_pages(client: Client) -> None:
    done = client.submit([ECHO] * 7)
    newest = [job.key for job in client.jobs(limit=7)]
    assert newest == [submission.key for submission in reversed(done)]
    assert len(list(client.jobs())) >= 7
    client.wait([submission.id for submission in done], timeout=60)
    ended = client.purge([submission.id for submission in done])
    assert [one.state for one in ended if isinstance(one, answers.Ended)] == ["PURGED"] * 7
    assert [job.key for job in client.jobs(states=["PURGED"], limit=7)] == newest


def test_match_why_and_service(client: Client) -> None:
    found = client.match(ECHO)
    assert found.resources[0].site == "local"
    nowhere = client.match('Executable = "/bin/true"; Requirements = other.GlueCEUniqueID == "nowhere";')
    assert not nowhere.resources
    assert nowhere.reason is not None
    assert nowhere.reason.code == "no_match"
    with pytest.raises(Refused) as caught:
        client.match("x = ")
    assert caught.value.problems
    [submission] = client.submit(['Executable = "/bin/true"; Requirements = other.GlueCEUniqueID == "nowhere";'])
    why = client.why(submission.id)
    assert why.state == "WAITING"
    client.cancel([submission.id])
    assert client.service().name == "gridwms"


def test_errors_print_as_a_sentence_and_an_advice() -> None:
    assert str(ClientError("It broke.", "Mend it.")) == "It broke. Mend it."
