"""A hundred jobs of all kinds handed in by one command: each ends as it should, and none disturbs another."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.conftest import User

SCRIPT = """#!/bin/sh
read line <"in put.txt"
printf '%s|%s|%s\\n' "$line" "$VAR" "$#" >result
"""

KINDS = {
    "good": (
        '[Executable = "run.sh"; Arguments = "one \\"two three\\" $(echo four)";'
        ' InputSandbox = {"run.sh", "in put.txt"};'
        ' Environment = {"VAR=a \'b\' \\"c\\" $(d)"}; OutputSandbox = {"result", "out"}; StdOutput = "out";]'
    ),
    "nonzero": '[Executable = "/bin/sh"; Arguments = "-c \'exit 7\'";]',
    "killed": '[Executable = "/bin/sh"; Arguments = "-c \'kill -9 $$\'";]',
    "wrapped": (
        '[Executable = "/bin/cat"; Arguments = "made"; StdOutput = "out"; Prologue = "before.sh";'
        ' Epilogue = "after.sh";'
        ' EpilogueArguments = "x y"; InputSandbox = {"before.sh", "after.sh"}; OutputSandbox = {"out", "after"};]'
    ),
    "prologue-fails": '[Executable = "/bin/true"; Prologue = "/bin/false"; ShallowRetryCount = 1;]',
    "no-executable": '[Executable = "/no/such/program";]',
    "missing-output": '[Executable = "/bin/true"; OutputSandbox = {"never", "out"}; StdOutput = "out";]',
    "wildcard": (
        '[Executable = "/bin/sh"; Arguments = "-c \'echo 1 >a.txt; echo 2 >b.txt; echo 3 >c.dat\'";'
        ' OutputSandbox = {"*.txt"};]'
    ),
    "nowhere": '[Executable = "/bin/true"; Requirements = other.GlueHostMainMemoryRAMSize > 1000000000;]',
    "refused": '[Executable = "missing.sh"; RetryCount = -1; StdOutput = "../x";]',
}
ENDS = {
    "good": ("DONE", "OK", 0),
    "nonzero": ("DONE", "OK", 7),
    "killed": ("DONE", "OK", 137),
    "wrapped": ("DONE", "OK", 0),
    "prologue-fails": ("ABORTED", None, None),
    "no-executable": ("ABORTED", None, None),
    "missing-output": ("DONE", "OK", 0),
    "wildcard": ("DONE", "OK", 0),
}


def test_a_hundred_jobs_of_all_kinds(user: User, tmp_path: Path) -> None:
    user.write("run.sh", SCRIPT, 0o755)
    user.write("in put.txt", "given\n")
    user.write("before.sh", "#!/bin/sh\necho prepared >made\n")
    user.write("after.sh", '#!/bin/sh\necho "$1-$2" >after\n')
    files = [user.write(f"{kind}-{n}.jdl", text) for n in range(10) for kind, text in KINDS.items()]
    said = user("submit", "--json", *files, timeout=120)
    answers = {Path(one["name"]).name: one for one in said.json["jobs"]}
    assert set(answers) == set(files)
    assert said.status != 0, "ten of them are refused"
    ids = {name: one["id"] for name, one in answers.items() if one["id"]}
    assert {name.rsplit("-", 1)[0] for name in set(answers) - set(ids)} == {"refused"}
    waited = [one for name, one in ids.items() if not name.startswith("nowhere")]
    user("wait", *waited, timeout=120)
    views = {one["asked"]: one["job"] for one in user("status", "--json", *ids.values()).json["jobs"]}
    for name, job in ids.items():
        kind, view = name.rsplit("-", 1)[0], views[job]
        if kind == "nowhere":
            assert (view["state"], view["reason"]["code"]) == ("WAITING", "no_match")
            continue
        assert (view["state"], view["done_code"], view["exit_code"]) == ENDS[kind], name
    assert views[ids["no-executable-0.jdl"]]["reason"]["code"] == "executable_missing"
    assert views[ids["prologue-fails-0.jdl"]]["reason"]["sentence"] == "hit job shallow retry count (1)"
    assert views[ids["prologue-fails-0.jdl"]]["shallow_count"] == 1

    def fetched(name: str) -> dict[str, str]:
        target = tmp_path / "fetched" / name
        assert user("output", "--dir", str(target), ids[name]).status == 0
        return {path.name: path.read_text() for path in target.rglob("*") if path.is_file()}

    assert fetched("good-3.jdl") == {"result": "given|a 'b' \"c\" $(d)|3\n", "out": ""}
    assert fetched("wrapped-9.jdl") == {"out": "prepared\n", "after": "x-y\n"}
    assert fetched("wildcard-1.jdl") == {"a.txt": "1\n", "b.txt": "2\n"}
    assert fetched("missing-output-0.jdl") == {"out": ""}
    told = user("log", ids["missing-output-0.jdl"]).out
    assert "never" in told, "the history says which file was not there"
    stopped = user("cancel", *(job for name, job in ids.items() if name.startswith("nowhere")))
    assert stopped.status == 0
    (again,) = user("status", "--json", ids["nowhere-0.jdl"]).json["jobs"]
    assert again["job"]["state"] == "CANCELLED"
