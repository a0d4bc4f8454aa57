"""The canonical value of what the bindings hand over; for the programs that run beside the tests."""

import math

import classad2


def real(value):
    if math.isnan(value):
        return "nan"
    return value if math.isfinite(value) else "inf" if value > 0 else "-inf"


def plain(value):
    """Values that hold no others."""
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, classad2.Value):
        return ["undefined"] if value == classad2.Value.Undefined else ["error"]
    if isinstance(value, int):
        return ["int", value]
    if isinstance(value, float):
        return ["real", real(value)]
    return ["string", value]
