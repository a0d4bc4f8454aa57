"""The payload's environment is exact, and nothing of the wrapper's is in it."""

from __future__ import annotations

import os
import pwd

import pytest

from tests.wrapper.conftest import CAPABILITY, Node

DUMP = "cat /proc/self/environ >environ; tr '\\0' '\\n' <environ >/dev/null"


def environment(node: Node, **task: object) -> dict[str, str]:
    """The environment of a payload, as the kernel shows it."""
    status = node.run(executable="/bin/cat", arguments="/proc/self/environ", std_output="e", outputs=("e",), **task)
    assert status == 0, node.log
    text = node.attempt.outputs[b"e"].decode("utf-8", "surrogateescape")
    return dict(entry.split("=", 1) for entry in text.split("\0") if entry)


def test_values_arrive_as_they_were_written(node: Node) -> None:
    values = {
        "SPACES": "  a  b  ",
        "QUOTES": 'it\'s "quoted" `x`',
        "LINES": "one\ntwo\n\n",
        "DOLLAR": "$HOME $(touch /tmp/never) ${x}",
        "BACKSLASH": "\\n \\\\ \\",
        "LETTERS": "é 漢字 \udcff",
        "EMPTY": "",
        "EQUALS": "a=b=c",
    }
    found = environment(node, environment=tuple(values.items()))
    assert {name: found.get(name) for name in values} == values


def test_names_that_no_shell_takes(node: Node) -> None:
    odd = {
        "a.b": "1 2",
        "with space": "x",
        "PPID": "7",
        "SECONDS": "abc",
        "BASH_ENV": "/no/such",
        "gw_dir": "'",
        "é": "1",
    }
    found = environment(node, environment=tuple(odd.items()))
    assert {name: found.get(name) for name in odd} == odd


def test_job_and_attempt_are_told(node: Node) -> None:
    found = environment(node)
    assert found["GLITE_WMS_JOBID"] == found["GRIDWMS_JOB_ID"] == "https://localhost:8443/jobs/0123456789abcdefghijkl"
    assert found["GRIDWMS_ATTEMPT"] == "1"


def test_what_the_site_set_is_inherited_and_the_knobs_are_not(node: Node) -> None:
    node.environment["SITE_SAYS"] = "a b"
    found = environment(node)
    assert found["SITE_SAYS"] == "a b"
    assert not [name for name in found if name.startswith("GRIDWMS_") and name not in _TOLD]


def test_a_site_that_sets_nothing(node: Node) -> None:
    """HTCondor: without a PATH in the environment what the payload starts finds nothing."""
    for name in ("PATH", "HOME", "USER", "LOGNAME"):
        node.environment.pop(name, None)
    found = environment(node)
    account = pwd.getpwuid(os.getuid())
    assert found["USER"] == found["LOGNAME"] == account.pw_name
    assert found["HOME"] == account.pw_dir
    assert "/bin" in found["PATH"].split(":")


_TOLD = {"GRIDWMS_JOB_ID", "GRIDWMS_ATTEMPT", "GRIDWMS_CE"}


@pytest.mark.parametrize("exported", ["gw_capability", "gw_config", "gw_item", "gw_batch", "gw_spool", "gw_line"])
def test_variables_of_the_wrapper_stay_its_own(node: Node, exported: str) -> None:
    """A site that exports a name of ours would otherwise make the shell export our value of it."""
    node.environment[exported] = "of the site"
    found = environment(node)
    assert CAPABILITY not in str(found)
    assert not [name for name in found if name.startswith("gw_")]


def test_the_capability_is_nowhere_to_be_seen(node: Node, transport: dict[str, str]) -> None:
    node.environment.update(transport)
    script = f"""
    cat /proc/[0-9]*/cmdline /proc/self/environ | tr '\\0' '\\n' >seen
    set >>seen
    echo "$gw_capability ${{gw_base-}}" >>seen
    grep -c {CAPABILITY[:4]}.{CAPABILITY[5:]} seen >count
    """
    node.run(script, arguments="$gw_capability", outputs=("count", "seen"))
    assert node.attempt.outputs[b"count"] == b"0\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH", "/nowhere"),
        ("IFS", "/:e"),
        ("HOME", ""),
        ("gw_dir", "/nowhere"),
        ("gw_setsid", "/bin/false"),
        ("POSIXLY_CORRECT", "1"),
        ("ENV", "/no/such/file"),
        ("CDPATH", "/"),
        ("TMPDIR", "/nowhere"),
        ("LC_ALL", "xx_XX"),
        ("http_proxy", "http://127.0.0.1:1"),
        ("UID", "0"),
        ("PWD", "/nowhere"),
        ("LD_PRELOAD", ""),
    ],
)
def test_nothing_the_user_sets_breaks_the_wrapper(node: Node, name: str, value: str) -> None:
    """Bug 28642 of gLite: the wrapper and the payload shared one environment."""
    status = node.run("/bin/echo ok", environment=((name, value),), std_output="o", outputs=("o",))
    assert status == 0, node.log
    assert node.attempt.outputs == {b"o": b"ok\n"}
    assert node.attempt.finished is not None
    assert "code" not in node.attempt.finished
    assert node.left() == []


def test_signals_of_the_payload_are_as_usual(node: Node) -> None:
    node.run(executable="/bin/grep", arguments="-E 'SigIgn|SigBlk' /proc/self/status", std_output="s", outputs=("s",))
    masks = dict(line.split() for line in node.attempt.outputs[b"s"].decode().splitlines())
    assert int(masks["SigBlk:"], 16) == 0
    assert int(masks["SigIgn:"], 16) & ~0x1001006 == 0  # INT, QUIT: see the wrapper's notes; PIPE, XFSZ: of pytest


def test_no_file_of_the_accounts_shell_is_run(dash_node: Node) -> None:
    """Debian's bash reads ~/.bashrc when it seems to be started by sshd, as in a batch job handed over by ssh."""
    (dash_node.directory / ".bashrc").write_text(": >$HOME/read\n")
    dash_node.environment |= {"SSH_CLIENT": "192.0.2.1 40000 22", "BASH_ENV": f"{dash_node.directory}/.bashrc"}
    assert dash_node.run(executable="/bin/true") == 0, dash_node.log
    assert not (dash_node.directory / "read").exists()
