"""The commands of submit files as tables: those that are understood, and why the others are lost or refused."""

from __future__ import annotations

ALIASES: dict[str, str] = {
    "cmd": "executable",
    "args": "arguments",
    "env": "environment",
    "in": "input",
    "stdin": "input",
    "out": "output",
    "stdout": "output",
    "err": "error",
    "stderr": "error",
    "iwd": "initialdir",
    "initial_dir": "initialdir",
    "job_iwd": "initialdir",
    "transferinputfiles": "transfer_input_files",
    "transferoutputfiles": "transfer_output_files",
    "transferoutputremaps": "transfer_output_remaps",
    "transferexecutable": "transfer_executable",
    "requestcpus": "request_cpus",
    "requestmemory": "request_memory",
    "requestdisk": "request_disk",
    "requestgpus": "request_gpus",
    "preferences": "rank",
    "jobbatchname": "batch_name",
    "jobuniverse": "universe",
    "prio": "priority",
}
"""Other names of commands."""

UNDERSTOOD: tuple[str, ...] = (
    *("universe", "executable", "transfer_executable", "arguments", "environment", "initialdir"),
    *("input", "transfer_input", "output", "error", "transfer_input_files", "transfer_output_files"),
    *("transfer_output_remaps", "output_destination", "should_transfer_files", "when_to_transfer_output"),
    *("request_cpus", "request_memory", "requirements", "rank", "allowed_execute_duration"),
    *("batch_name", "notify_user", "priority"),
)
"""Commands with a meaning in JDL."""

HARMLESS: dict[str, tuple[str, ...]] = {
    "should_transfer_files": ("yes", "if_needed"),
    "when_to_transfer_output": ("on_exit",),
    "notification": ("never",),
    "transfer_output": ("true", "yes"),
    "transfer_error": ("true", "yes"),
    "getenv": ("false", "no"),
    "hold": ("false", "no"),
    "stream_output": ("false", "no"),
    "stream_error": ("false", "no"),
}
"""Values that ask for what is done anyway."""

_NONE = "JDL has nothing of the kind"
_RETRY = "gridwms runs again what a site broke, not a program that failed; see RetryCount"
_POLICY = "jobs are kept, released and removed by commands, not by expressions"

LOST: dict[str, str] = {
    "log": "the service keeps the history; see 'gridwms log'",
    "notification": "no mail is sent; use 'gridwms wait'",
    "should_transfer_files": "files always travel; no shared file system is assumed",
    "when_to_transfer_output": "files are brought home when the job ends",
    "getenv": "the environment of the user's machine does not travel; name the variables in environment",
    "request_disk": "GLUE publishes no disk space of worker nodes",
    "request_gpus": "GLUE 1.3 publishes no GPUs",
    **dict.fromkeys(("require_gpus", "gpus_minimum_memory", "gpus_minimum_capability"), "GLUE 1.3 publishes no GPUs"),
    **dict.fromkeys(("max_retries", "retry_until", "success_exit_code"), _RETRY),
    **dict.fromkeys(("periodic_hold", "periodic_release", "periodic_remove", "periodic_vacate"), _POLICY),
    **dict.fromkeys(("on_exit_hold", "on_exit_remove", "leave_in_queue", "hold", "keep_claim_idle"), _POLICY),
    "nice_user": "priority orders the jobs of one user; shares are the operator's",
    **dict.fromkeys(("accounting_group", "accounting_group_user"), "the VO is what is accounted for"),
    **dict.fromkeys(
        ("x509userproxy", "use_x509userproxy", "use_oauth_services"), "the client's own credential is used"
    ),
    **dict.fromkeys(("stream_output", "stream_error", "stream_input"), "use PerusalFileEnable and 'gridwms peek'"),
    **dict.fromkeys(
        ("concurrency_limits", "job_lease_duration", "copy_to_spool", "coresize", "image_size", "kill_sig", "rank_by"),
        _NONE,
    ),
    **dict.fromkeys(
        ("max_materialize", "max_idle", "description", "submit_event_notes", "log_xml", "dagman_log"), _NONE
    ),
    **dict.fromkeys(
        ("transfer_output", "transfer_error", "preserve_relative_paths", "run_as_owner", "noop_job"), _NONE
    ),
    **dict.fromkeys(
        ("allowed_job_duration", "deferral_time", "cron_minute", "cron_hour", "job_max_vacate_time"), _NONE
    ),
    **dict.fromkeys(("want_remote_io", "transfer_plugins", "encrypt_input_files", "encrypt_output_files"), _NONE),
}
"""Commands without a counterpart, and why."""

REFUSED: dict[str, str] = {
    **dict.fromkeys(("docker_image", "container_image"), "containers are not served yet"),
    "machine_count": "the parallel universe is not served; ask for CPUs with request_cpus",
    "grid_resource": "the grid universe is not served; gridwms itself chooses the site",
}
"""Commands without which the job would be another."""

UNIVERSES = ("vanilla", "5", "")
OWN = "Gridwms"
"""`+GridwmsName = expression` keeps an attribute of JDL that submit files do not have."""

STEPS = {
    "precmd": "Prologue",
    "prearguments": "PrologueArguments",
    "postcmd": "Epilogue",
    "postarguments": "EpilogueArguments",
}
"""Attributes of the job that HTCondor itself acts on."""
