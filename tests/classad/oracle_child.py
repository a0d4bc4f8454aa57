"""Runs HTCondor's library on batches of expressions; a program of its own, because the library may crash.

One JSON line in: a list of [expression, my, target]. One JSON line out: a list of canonical values.
"""

import json
import math
import os
import sys

STRICT = sys.argv[1] == "strict"
os.environ["CONDOR_CONFIG"] = "ONLY_ENV"
os.environ["_CONDOR_STRICT_CLASSAD_EVALUATION"] = "true" if STRICT else "false"
os.environ["TZ"] = "UTC"

import classad2  # noqa: E402
import htcondor2  # noqa: E402, F401 - loads the configuration, without which the semantics change on the way


def run(text, my, target):
    return classad2.ExprTree(text).eval(my, target)


def real(value):
    if math.isnan(value):
        return "nan"
    return value if math.isfinite(value) else "inf" if value > 0 else "-inf"


def canonical(text, my, target, depth=0):
    """The value of an expression; lists and ads are taken apart by expressions, so that scopes stay right."""
    try:
        value = run(text, my, target)
    except UnicodeDecodeError:
        return ["bytes"]
    except classad2.ClassAdException:
        return ["error"]
    except ValueError:
        return ["unrepresentable"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, classad2.Value):
        return ["undefined"] if value == classad2.Value.Undefined else ["error"]
    if isinstance(value, int):
        return ["int", value]
    if isinstance(value, float):
        if run(f"isReal({text})", my, target) is True:
            return ["real", real(value)]
        return ["reltime", real(value)]
    if isinstance(value, str):
        return ["string", value]
    if type(value).__name__ == "datetime":
        parts = run(f"splitTime({text})", my, target)
        return ["abstime", int(value.timestamp()), int(parts["Offset"])]
    if depth > 6:
        return ["deep"]
    if isinstance(value, list):
        return ["list", [canonical(f"({text})[{i}]", my, target, depth + 1) for i in range(len(value))]]
    if isinstance(value, classad2.ClassAd):
        pairs = {}
        for name in list(value.keys()):
            quoted = name.replace("\\", "\\\\").replace("'", "\\'")
            inner = canonical(f"({text}).'{quoted}'", my, target, depth + 1)
            if inner == ["undefined"]:  # of an ad out of ad["name"] this is always so
                named = name.replace("\\", "\\\\").replace('"', '\\"')
                inner = canonical(f'({text})["{named}"]', my, target, depth + 1)
            pairs[name.lower()] = inner
        return ["classad", pairs]
    return ["unknown", repr(value)]


def one(text, my, target):
    try:
        classad2.ExprTree(text)
        my_ad = None if my is None else classad2.ClassAd(my)
        target_ad = None if target is None else classad2.ClassAd(target)
        if target_ad is not None and my_ad is None:
            my_ad = classad2.ClassAd("[]")
    except classad2.ClassAdException:
        return ["parse_error"]
    except UnicodeDecodeError:
        return ["bytes"]
    return canonical(text, my_ad, target_ad)


for line in sys.stdin:
    answers = [one(*case) for case in json.loads(line)]
    sys.stdout.write(json.dumps(answers) + "\n")
    sys.stdout.flush()
