"""The rights that rules speak of, and the words for several of them."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """What somebody may do. Those that end in `-others` are about jobs of other users."""

    SUBMIT = "submit"
    CHECK = "check"
    LOOK = "look"
    QUERY = "query"
    OUTPUT = "output"
    CANCEL = "cancel"
    PURGE = "purge"
    MANAGE = "manage"
    DELEGATE = "delegate"
    SUBSCRIBE = "subscribe"
    STATISTICS = "statistics"
    LOG = "log"
    STATUS_OTHERS = "status-others"
    QUERY_OTHERS = "query-others"
    OUTPUT_OTHERS = "output-others"
    CANCEL_OTHERS = "cancel-others"
    PURGE_OTHERS = "purge-others"
    MANAGE_OTHERS = "manage-others"
    LOG_OTHERS = "log-others"
    OFFER = "offer"
    ADMINISTER = "administer"


MEANING = {
    Right.SUBMIT: "hand in jobs and complete their input",
    Right.CHECK: "have descriptions checked and matched",
    Right.LOOK: "look at resources, sites, sources, shares and the service",
    Right.QUERY: "look at own jobs, list and search them, follow their events",
    Right.OUTPUT: "fetch the output of own jobs",
    Right.CANCEL: "cancel own jobs",
    Right.PURGE: "clear and purge own jobs",
    Right.MANAGE: "tag, share, retry, prioritize own jobs, attach to them",
    Right.DELEGATE: "delegate credentials to the service",
    Right.SUBSCRIBE: "have notifications sent",
    Right.STATISTICS: "see the statistics",
    Right.LOG: "log events of own jobs and of jobs of other systems",
    Right.STATUS_OTHERS: "see the status of jobs of others",
    Right.QUERY_OTHERS: "look at jobs of others, list, search and follow them",
    Right.OUTPUT_OTHERS: "fetch the output of jobs of others",
    Right.CANCEL_OTHERS: "cancel jobs of others",
    Right.PURGE_OTHERS: "clear and purge jobs of others",
    Right.MANAGE_OTHERS: "tag, share, retry, prioritize jobs of others; change their subscriptions",
    Right.LOG_OTHERS: "log any event of any job of other systems",
    Right.OFFER: "hand in resources to sources that take them",
    Right.ADMINISTER: "run the service: sites, bans, rules, archive, and all that is about jobs of others",
}
USE = frozenset(list(Right)[: list(Right).index(Right.STATUS_OTHERS)])
"""The rights of a user: what everybody has where no policy says otherwise."""
ALL = frozenset(Right)
OF_JOBS = frozenset(right for right in Right if right.endswith("-others"))
"""Those that `of_vo` can narrow."""
USE_WORD, ALL_WORD = "use", "*"
