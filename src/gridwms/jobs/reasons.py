"""The one registry of reasons: why a job waits, failed, was retried or refused.

A reason is data: a code and its parameters. The sentence and the advice are made here and nowhere else, so that the
command line, REST, pages and metrics say the same. `retry` says what a failed attempt with this reason leads to
(gLite reference: LogMonitor's table of wrapper failures and the resubmission rules of the Workload Manager).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from string import Template


class Retry(StrEnum):
    """What may follow a failed attempt."""

    AGAIN = "again"
    """Shallow before the payload started, deep after."""
    NEVER = "never"
    """It would fail again wherever it runs."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One entry of the registry; `sentence` and `advice` are templates over the parameters."""

    code: str
    sentence: str
    advice: str
    retry: Retry = Retry.AGAIN
    site_fault: bool = False
    """An attempt that fails so speaks against its site."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A code of the registry with its parameters."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in KINDS:
            raise ValueError(f"'{self.code}' is not in the registry of reasons")

    def __hash__(self) -> int:
        return hash((self.code, frozenset(self.params.items())))

    @property
    def kind(self) -> Kind:
        return KINDS[self.code]

    @property
    def sentence(self) -> str:
        """What happened, for a person."""
        return _fill(self.kind.sentence, self.params)

    @property
    def advice(self) -> str:
        """What to do about it."""
        return _fill(self.kind.advice, self.params)


def _fill(template: str, params: Mapping[str, str]) -> str:
    return Template(template).safe_substitute(params)


def reason(code: str, **params: object) -> Reason:
    """Make a reason; parameters are kept as text. ValueError when the code is unknown."""
    return Reason(code, {name: str(value) for name, value in params.items()})


_REGISTRY = (
    # waiting
    Kind(
        "no_resources",
        "The market holds no resource at all.",
        "Look at 'gridwms source': is a source answering?",
    ),
    Kind(
        "no_match",
        "BrokerHelper: no compatible resources: none of $considered resources meets the requirements ($clause).",
        "Run 'gridwms why' for the clauses, or 'gridwms match FILE' after changing Requirements.",
    ),
    Kind(
        "no_rank",
        "$matching resources match, but Rank has no numeric value on any of them.",
        "Correct Rank: it must be a number for the resources that match.",
    ),
    Kind(
        "all_full",
        "$matching resources match, and none of them takes a job more now: $why.",
        "Nothing to do: the job goes when a place becomes free.",
    ),
    Kind(
        "site_closed",
        "$matching resources match, and they take no jobs now: $why.",
        "Nothing to do: the job goes when they take jobs again. 'gridwms site show' tells more.",
    ),
    Kind(
        "not_here_again",
        "It failed at $sites and is not to be tried there again; of the other places none that matches has room.",
        "Wait for one, or cancel and submit it again.",
    ),
    Kind(
        "more_memory_wanted",
        "It needs $memory_mb MB after it ran out of memory; of the places that have as much none that matches has room.",
        "Wait for one, or cancel it.",
    ),
    Kind(
        "not_deliverable",
        "$matching resources match, but no configured site leads to any of them.",
        "Ask the operator to configure a site for one of them (for example $ce).",
    ),
    Kind(
        "replanned",
        "It waited $seconds s in the queue of $ce without starting, and another place is free.",
        "Nothing to do: it is tried elsewhere, and the waiting copy can no longer start its payload.",
    ),
    Kind(
        "fair_share",
        "All $matching resources that match are taken, and $ahead waiting jobs of others go first: of all that was had "
        "lately $who had $had, and its share is $share.",
        "Nothing to do: what was used counts half after $half_life days ('gridwms top' shows how all stand).",
    ),
    Kind(
        "banned",
        "The $who is banned from this service$why; waiting jobs get no places.",
        "Ask the operators; the jobs wait until the ban is lifted, or they expire.",
    ),
    Kind(
        "limit_reached",
        "$who has as many jobs at $where as it may have: $limit.",
        "It goes on when some of them end; the operator sets the limits ([share] of the configuration).",
    ),
    Kind(
        "rests",
        "It waited in the queue of $ce, which failed most of what it was given and rests now.",
        "Nothing to do: it is tried elsewhere, and the waiting copy can no longer start its payload.",
    ),
    Kind(
        "no_common_place",
        "NodesCollocation wants all nodes of $nodes at one computing element, and none suits every node.",
        "'gridwms check FILE' tells what each node needs; leave NodesCollocation out to let them part.",
    ),
    Kind(
        "place_gone",
        "NodesCollocation keeps the nodes together at $ce, which does not suit or is not in the market now.",
        "Wait for it, or cancel and submit again without NodesCollocation.",
    ),
    Kind(
        "not_permitted",
        "SubmitTo names $ce, which the service's policy '$policy' excludes for this job.",
        "Name another computing element, or ask the operators ('gridwms match FILE' lists those that are open).",
    ),
    Kind(
        "unknown_ce",
        "SubmitTo names $ce, which the market does not know (it knows of $considered others).",
        "Correct SubmitTo ('gridwms match FILE' lists the ids), or wait until a source tells of it.",
    ),
    # input data
    Kind(
        "data_asked",
        "The catalogue $catalogue is being asked where its input data lies.",
        "Nothing to do: it is matched as soon as the answer is there.",
    ),
    Kind(
        "catalogue_silent",
        "The catalogue $catalogue does not tell where its input data lies: $why.",
        "Nothing to do: the catalogue is asked again. If this goes on, tell the operators.",
    ),
    Kind(
        "data_refused",
        "The catalogue $catalogue refuses to look up $name: $why.",
        "Correct the name in InputData, or wait: it is asked again.",
    ),
    Kind(
        "data_unknown",
        "The catalogue $catalogue knows none of its input data ($names).",
        "Correct the names in InputData, or register the files: they are asked for again.",
    ),
    Kind(
        "no_catalogue",
        "No catalogue ($catalogue) is configured here any more for input data of the VO $vo such as $name.",
        "Ask the operator, or cancel and submit again with another catalogue.",
    ),
    # end of waiting
    Kind(
        "expired",
        "request expired",
        "The job found no place before its ExpiryTime; submit it with a later one.",
        Retry.NEVER,
    ),
    # delivery
    Kind(
        "site_refused",
        "The site $site did not take the job: $text",
        "Look at the site's own message.",
        Retry.AGAIN,
        site_fault=True,
    ),
    Kind(
        "site_silent",
        "The site $site left the delivery in doubt for $seconds s; the job is tried again.",
        "If this repeats, have the operator look at $site.",
        site_fault=True,
    ),
    Kind(
        "site_lost",
        "The site $site no longer knows the job and its wrapper left no report.",
        "If this repeats, have the operator look at $site.",
        site_fault=True,
    ),
    Kind(
        "wrapper_died",
        "The wrapper ended at $site without a report ($text).",
        "Often a time or memory limit of the site; see 'gridwms log'.",
        site_fault=True,
    ),
    Kind(
        "killed_at_site",
        "The site $site ended the job: $text",
        "Where it hit a limit, ask for more or for another site. Where a node or a daemon of the site failed, nothing is wrong "
        "with the job: RetryCount says how often it is tried again.",
    ),
    Kind(
        "out_of_memory",
        "The payload ran out of memory: the worker node ended $killed of its processes.",
        "Demand more memory ('gridwms check' tells how); a retry does that by itself.",
    ),
    # steps of the wrapper
    Kind(
        "work_dir",
        "Cannot create directory, or working directory not writable: $text",
        "The site must give jobs a writable directory.",
        site_fault=True,
    ),
    Kind(
        "hook_failed", "The hook $hook of the site or VO failed with status $status.", "Tell the site.", site_fault=True
    ),
    Kind(
        "input_failed",
        "Cannot download $file: $text",
        "Look whether worker nodes reach the file, or the service; a site whose nodes have no network needs 'network = false'.",
        site_fault=True,
    ),
    Kind(
        "executable_missing",
        "$file not found or unreadable",
        "Put the executable into InputSandbox, or give a path that exists on the worker node.",
        Retry.NEVER,
    ),
    Kind(
        "mpi_missing",
        "The worker node has no launcher for programs of this kind of MPI ($kind).",
        "The site must offer mpirun, mpiexec or srun; name sites that do in Requirements.",
    ),
    Kind(
        "image_missing",
        "The image $image of the job's container is not on the worker node, or cannot be read there.",
        "Put it into InputSandbox, or name a path that the site has, or a reference (docker://name:tag).",
    ),
    Kind(
        "image_failed",
        "The image $image of the job's container cannot be fetched or started: $text",
        "Look at the image or its reference, and whether the worker nodes reach the registry and may run containers.",
    ),
    Kind(
        "no_container_runtime",
        "The worker node has nothing that runs the image $image (looked for: $programs).",
        "Name sites in Requirements that have such a program, or use another form of image.",
    ),
    Kind(
        "spread_failed",
        "Cannot copy the sandbox to the host $host: $text",
        "The hosts of a job must reach each other by ssh without a password.",
    ),
    Kind(
        "prologue_missing",
        "prologue failed: $file not found",
        "Put the prologue into InputSandbox, or give a path that exists on the worker node.",
        Retry.NEVER,
    ),
    Kind(
        "prologue_failed",
        "prologue failed with error $status",
        "See the prologue; it ran before the payload.",
    ),
    Kind(
        "token_refused",
        "Cannot take shallow resubmission token: $text",
        "Nothing: another attempt has the job.",
    ),
    Kind(
        "token_unreachable",
        "Cannot take shallow resubmission token: the service was out of reach for $seconds s",
        "The worker node must reach the service.",
        site_fault=True,
    ),
    Kind(
        "epilogue_missing",
        "epilogue failed: $file not found",
        "Put the epilogue into InputSandbox.",
        Retry.NEVER,
    ),
    Kind(
        "credential_failed",
        "Cannot fetch the delegated credentials of the job: $text",
        "The worker node must reach the service, by https.",
    ),
    Kind(
        "credential_expired",
        "Job killed by the jobwrapper because of user proxy expiration",
        "Delegate one that lasts longer, or keep one in MyProxy and name it in MyProxyServer; then submit again.",
        Retry.NEVER,
    ),
    Kind(
        "delegation_expired",
        "The delegated Proxy has expired",
        "Delegate anew ('gridwms delegation create') and submit again; with MyProxyServer it is renewed in time.",
        Retry.NEVER,
    ),
    Kind(
        "expired_at_site",
        "Job Aborted because proxy expired",
        "Delegate one that lasts longer, or keep one in MyProxy and name it in MyProxyServer; then submit again.",
        Retry.NEVER,
    ),
    Kind(
        "delegation_removed",
        "The delegation '$name' with which it was submitted was removed",
        "Delegate anew and submit again.",
        Retry.NEVER,
    ),
    Kind("epilogue_failed", "epilogue failed with error $status", "See the epilogue; it ran after the payload."),
    Kind("output_failed", "Cannot upload $file: $text", "The worker node must reach the service."),
    Kind(
        "target_failed",
        "Cannot send $file to $url: $text",
        "Look at the destination, and whether the worker nodes reach it; what could not be sent came to the service.",
        Retry.NEVER,
    ),
    Kind(
        "terminated",
        "Job has been terminated (got SIG$signal)",
        "The site ended it: its time limit, room for another job, or a node or daemon that went down. 'gridwms log' shows "
        "what the site said.",
    ),
    Kind("withdrawn", "The attempt was ended at the wish of the service.", "Nothing to do."),
    Kind(
        "no_transport",
        "The worker node has neither curl nor python3.",
        "The site must offer one of them; where worker nodes share its directory 'network = false' does without.",
        site_fault=True,
    ),
    Kind(
        "shell_failed",
        "The shell of the wrapper broke on the worker node (status $status).",
        "Often a limit there on processes or memory (ulimit -u, -v) or a full disk; tell the site.",
        site_fault=True,
    ),
    Kind(
        "no_console",
        "The worker node has no python3 to connect an interactive job with (without a terminal curl is enough).",
        "The site must offer python3; name sites that do in Requirements.",
    ),
    # notices
    Kind("data_stored", "$file is stored as $url ($size bytes).", "Nothing to do."),
    Kind(
        "data_not_stored",
        "Cannot store $file as $url: $text",
        "Look at the storage element, and whether the worker nodes may write there.",
    ),
    Kind(
        "not_registered",
        "The catalogue refuses $file ($url): $text",
        "The file is stored; register it by hand, or with another name.",
    ),
    Kind(
        "output_missing",
        "Cannot read or missing file $file",
        "The payload did not write it; see OutputSandbox.",
    ),
    Kind(
        "output_truncated",
        "OSB quota exceeded for $file: only its last $sent of $size bytes are kept, as $file.tail",
        "Write less, or list small files first.",
    ),
    Kind(
        "output_dropped",
        "Could not truncate output sandbox file $file, not sending",
        "Write less, or list it earlier.",
    ),
    # retry limits
    Kind("hit_deep_limit", "hit job retry count ($limit)", "The last failure: $last", Retry.NEVER),
    Kind("hit_deep_maximum", "hit max retry count ($limit)", "The last failure: $last", Retry.NEVER),
    Kind("hit_shallow_limit", "hit job shallow retry count ($limit)", "The last failure: $last", Retry.NEVER),
    Kind("hit_shallow_maximum", "hit shallow max retry count ($limit)", "The last failure: $last", Retry.NEVER),
    Kind(
        "hit_memory_limit", "no more than $limit MB of memory may be asked for", "The last failure: $last", Retry.NEVER
    ),
    # ends
    Kind("cancelled_by_user", "Cancelled by $by", "Nothing to do.", Retry.NEVER),
    Kind(
        "cancel_unconfirmed",
        "Cancelled by $by; the site $site has not confirmed it in $seconds s and is asked again.",
        "Nothing to do.",
        Retry.NEVER,
    ),
    Kind(
        "parents_failed",
        "parents have aborted",
        "See why the nodes before it failed; 'gridwms retry --failed' runs them again, and then this one.",
        Retry.NEVER,
    ),
    Kind("dag_completed", "DAG successfully completed", "Nothing to do.", Retry.NEVER),
    Kind(
        "dag_failed",
        "DAG completed with failed jobs: $failed of $nodes",
        "'gridwms status --nodes --failed' lists them; 'gridwms retry --failed' runs them again.",
        Retry.NEVER,
    ),
    Kind(
        "nodes_failed",
        "$failed of $nodes nodes failed",
        "'gridwms status --nodes --failed' lists them; 'gridwms retry --failed' runs them again.",
        Retry.NEVER,
    ),
    Kind("output_retrieved", "user retrieved output sandbox", "Nothing to do.", Retry.NEVER),
    Kind("no_output", "no output was generated", "Nothing to do.", Retry.NEVER),
    Kind(
        "never_started",
        "The input sandbox was not completed within $seconds s of registration.",
        "Submit the job again.",
        Retry.NEVER,
    ),
    Kind("purged_by_user", "Purged by $by", "Nothing to do.", Retry.NEVER),
    Kind(
        "purged_by_age",
        "timed out, resource purge forced",
        "Fetch output earlier, or ask the operator for a longer keep.",
        Retry.NEVER,
    ),
    Kind(
        "description_lost",
        "The description of the job cannot be read: $text",
        "Tell the operator; submit the job again.",
        Retry.NEVER,
    ),
)

KINDS: dict[str, Kind] = {kind.code: kind for kind in _REGISTRY}
