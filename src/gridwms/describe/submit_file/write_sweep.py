"""A parametric job as a submit file: one queue statement with its values."""

from __future__ import annotations

from gridwms.classad import ClassAd, evaluate_attribute
from gridwms.describe.compound import PLACEHOLDER, Compound
from gridwms.describe.convert.lost import Lost
from gridwms.describe.convert.reading import Written
from gridwms.describe.submit_file.write import write_submit_file

_SWEEP = ("Parameters", "ParameterStart", "ParameterStep", "JobType")
_VARIABLE = "value"


def write_sweep(ad: ClassAd, compound: Compound) -> Written:
    """The submit file of a parametric job; `compound`: what was read of it."""
    given = evaluate_attribute(ad, "JobType")
    kinds = given if isinstance(given, tuple) else (given,)
    others = tuple(kind for kind in kinds if isinstance(kind, str) and kind.lower() != "parametric")
    job = ad.without(_SWEEP)
    written = write_submit_file(job.with_(JobType=others) if others else job)
    values = [value for _name, _template, value in compound.nodes]
    text = written.text.replace(PLACEHOLDER, f"$({_VARIABLE})")
    commands = text.removesuffix("queue\n")
    place = ad.position("Parameters") if "Parameters" in ad else (0, 0)
    lost = (Lost("ParameterValue", "HTCondor gives the jobs of a sweep no such variable", place),)
    if values == [str(number) for number in range(len(values))]:
        commands = commands.replace(f"$({_VARIABLE})", "$(Process)")
        return Written(f"{commands}queue {len(values)}\n", (*written.lost, *lost))
    listed = "\n".join(values)
    return Written(f"{commands}queue {_VARIABLE} from (\n{listed}\n)\n", (*written.lost, *lost))
