"""Jobs that are matched as one: the matching ad of a job, and the key of its class.

The rule: a job takes part in matching with its matching ad alone, never with its whole description. It holds

1. `Requirements` and `Rank`, in which everything that depends on the job only has been computed already (so
   `other.Memory > 2 * x` with `x = 512` and `other.Memory > 1024` are the same), and clauses that are true whatever
   the resource are left out;
2. the attributes of the job that these two still read, directly or through each other;
3. the attributes in `PUBLIC`, which are all that the Requirements of a resource can read of a job, and what
   `SignificantAttributes` names besides;
4. what the choice among the matching depends on: SubmitTo, FuzzyRank and its factor, how many slots a job takes, and
   its input data.

Two jobs are in one class when their matching ads are equal. As nobody can read of a job what is not in its matching
ad, one verdict holds for the whole class.
"""

from __future__ import annotations

import hashlib

from gridwms.classad import Binary, ClassAd, Expr, Literal, conjuncts, evaluate_attribute, flatten, unparse
from gridwms.classad.text import fold
from gridwms.match.reading import names_read_through

PUBLIC = (
    "VirtualOrganisation",
    "Type",
    "JobType",
    "CPUNumber",
    "SMPGranularity",
    "HostNumber",
    "WholeNodes",
    "ShortDeadlineJob",
    "OutputSE",
    "VOMS_FQAN",
)
"""Attributes that a resource, or a policy of the service, may read of every job (`other.VirtualOrganisation`)."""

_DATA = ("InputData", "DataRequirements")
_WITH_DATA = (*_DATA, "DataAccessProtocol", "DataCatalog", "StorageIndex")
"""Where the job is to be near; without the first two the others mean nothing."""

_CHOICE = ("SubmitTo", "FuzzyRank", "FuzzyFactor", "fuzzy_factor", "NodeNumber")


def matching_ad(ad: ClassAd, requirements: Expr, rank: Expr) -> ClassAd:
    """The matching ad of a job with this ad; `requirements` and `rank` as joined by its description."""
    wanted, preferred = _settled_conjunction(requirements, ad), _settled(rank, ad)
    data = _WITH_DATA if any(name in ad for name in _DATA) else ()
    names = {fold(name) for name in (*PUBLIC, *_CHOICE, *data, *_significant(ad))}
    read = names_read_through(ad, [wanted, preferred])
    kept = [
        (name, expr)
        for name, expr in ad.items()
        if (read is None or fold(name) in read or fold(name) in names) and fold(name) not in ("requirements", "rank")
    ]
    return ClassAd([*kept, ("Requirements", wanted), ("Rank", preferred)])


def match_class_key(ad: ClassAd) -> str:
    """The key of the class: a digest of a matching ad, equal for equal ads whatever the order of their attributes."""
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(ad, key=fold):
        digest.update(f"{fold(name)}={unparse(ad[name])};\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _settled(expr: Expr, ad: ClassAd) -> Expr:
    """The expression with everything computed that depends on the job alone."""
    return flatten(expr, ad)[0]


def _settled_conjunction(requirements: Expr, ad: ClassAd) -> Expr:
    """Clause by clause, so that a clause that can never be true keeps its own words for the explanation."""
    clauses: list[Expr] = []
    for clause in conjuncts(requirements):
        settled = _settled(clause, ad)
        if settled == Literal(True):
            continue
        clauses.append(clause if isinstance(settled, Literal) else settled)
    if not clauses:
        return Literal(True)
    joined = clauses[0]
    for clause in clauses[1:]:
        joined = Binary("&&", joined, clause)
    return joined


def _significant(ad: ClassAd) -> tuple[str, ...]:
    value = evaluate_attribute(ad, "SignificantAttributes")
    if isinstance(value, str):
        return (value,)
    if isinstance(value, tuple):
        return tuple(name for name in value if isinstance(name, str))
    return ()
