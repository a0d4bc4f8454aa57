"""`glite-lb-change_acl`: let others read or tag a job, or no longer."""

from __future__ import annotations

from gridwms.glite.books import shared
from gridwms.glite.books.shared import Asked, Command, Option, Usage

OPTIONS = (
    shared.HELP,
    Option("j", "jobid", "jobid", "the job"),
    Option("i", "user_id", "name", "a subject, a VOMS group or an FQAN"),
    Option("t", "user_id_type", "type", "DN (0), GROUP (1) or FQAN (2)"),
    Option("p", "permission", "what", "READ (1) or TAG (2)"),
    Option("P", "permission_type", "how", "ALLOW (0) or DENY (1)"),
    Option("o", "operation", "what", "ADD (0) or REMOVE (1)"),
)
_CODES = {
    "user_id_type": {"0": "DN", "1": "GROUP", "2": "FQAN"},
    "permission": {"1": "READ", "2": "TAG"},
    "permission_type": {"0": "ALLOW", "1": "DENY"},
    "operation": {"0": "ADD", "1": "REMOVE"},
}
_OTHERWISE = {"user_id_type": "DN", "permission": "READ", "permission_type": "ALLOW", "operation": "ADD"}
_ORDER = ("jobid", "user_id", "user_id_type", "permission", "permission_type", "operation")


def main(asked: Asked) -> int:
    """Change it."""
    typed = dict(zip(_ORDER, asked.operands, strict=False)) | asked.values
    if not typed.get("jobid") or not typed.get("user_id") or len(asked.operands) > len(_ORDER):
        raise Usage("name the job and who it is about")
    values = {"user_id": typed["user_id"]}
    for name, codes in _CODES.items():
        word = typed.get(name, _OTHERWISE[name])
        word = codes.get(word, word.upper())
        if word not in codes.values():
            raise Usage(f"--{name} is one of {', '.join(codes.values())}, not '{word}'")
        values[name] = word
    job = typed["jobid"]
    server = shared.destination_of(job)
    line = shared.line_of(job, "ChangeACL", values, "UserInterface", "")
    lb = shared.books(shared.me())
    try:
        return 1 if shared.log_lines(lb, server, [line]) else 0
    finally:
        lb.close()


COMMAND = Command("glite-lb-change_acl", OPTIONS, "[jobid user_id ...]", main)


def command() -> None:
    """The console script."""
    shared.run(COMMAND)
