"""Arbitrary jobs for the round trips, and what makes two descriptions mean the same."""

from __future__ import annotations

from hypothesis import assume
from hypothesis import strategies as st

from gridwms.classad import Binary, ClassAd, Expr, Group, ListExpression, Literal, parse_expression, unparse
from gridwms.describe.convert.shell_words import join_words, split_words
from gridwms.describe.description import Description
from gridwms.describe.jdl import JdlDefaults, read_jdl

NOW = 1_000_000_000.0
DEFAULTS = JdlDefaults(requirements=None)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
leaves = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=8).filter(
    lambda text: text not in (".", "..")
)
plain_leaves = st.from_regex(r"[A-Za-z0-9_]{1,6}(\.[a-z]{1,3})?", fullmatch=True)
names = plain_leaves | leaves
variables = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True)

CLAUSES = [
    "other.GlueHostMainMemoryRAMSize >= 2048",
    "other.GlueHostMainMemoryRAMSize > 100",
    "4096 >= other.GlueHostMainMemoryRAMSize",
    "other.GlueHostMainMemoryRAMSize == 512",
    "other.GlueHostMainMemoryVirtualSize < 9000",
    "other.GlueHostProcessorClockSpeed == 2400",
    "other.GlueHostProcessorClockSpeed > 1000",
    "other.GlueCEPolicyMaxCPUTime >= 60",
    "other.GlueCEPolicyMaxWallClockTime >= 90",
    "other.GlueCEPolicyMaxWallClockTime > 90",
    'member(other.GlueCEInfoHostName, { "a.b.c", "d.e.f" })',
    'other.GlueCEInfoHostName == "one.host"',
    'other.GlueHostOperatingSystemName == "CentOS"',
    'other.GlueHostOperatingSystemName == "IRIX"',
    'other.GlueHostOperatingSystemRelease == "7.9"',
    'regexp("linux|centos|red ?hat|scientific|rocky|alma|fedora|debian|ubuntu|suse", '
    'other.GlueHostOperatingSystemName, "i")',
    'other.GlueHostArchitecturePlatformType == "x86_64"',
    'regexp("^i[3-6]86$", other.GlueHostArchitecturePlatformType, "i")',
    "other.GlueHostArchitectureSMPSize >= 4",
    'member("VO-soft-1", other.GlueHostApplicationSoftwareRunTimeEnvironment)',
    '!(other.GlueCEUniqueID == "x")',
    'other.GlueCEStateStatus == "Production" || other.GlueCEStateFreeJobSlots > 3',
    "other.GlueHostMainMemoryRAMSize * 2 > 100 + 3",
    'regexp("a\\u00e9\\"b$(x)", other.GlueCEUniqueID)',
]
RANKS = [
    "-other.GlueCEStateEstimatedResponseTime",
    "other.GlueHostMainMemoryRAMSize",
    "1",
    "1.5 * other.GlueCEStateFreeCPUs",
]


def strings(items: list[str]) -> Expr:
    return ListExpression(tuple(Literal(item) for item in items))


@st.composite
def ads(draw: st.DrawFn) -> ClassAd:
    """JDL ads that are accepted."""
    some = st.booleans()
    ad: dict[str, Expr] = {}
    files = draw(st.lists(names, max_size=3, unique=True))
    programs = [*(file for file in files if not file.startswith("$") and "*" not in file), "/bin/ls", "$HOME/x"]
    ad["Executable"] = Literal(draw(st.sampled_from(programs)))
    if draw(some):
        ad["Arguments"] = Literal(draw(st.lists(texts, max_size=3).map(join_words) | texts))
    outputs = draw(st.lists(names, max_size=3, unique=True))
    for attribute in ("StdOutput", "StdError"):
        if outputs and draw(some):
            ad[attribute] = Literal(draw(st.sampled_from(outputs)))
    if files:
        kind = st.sampled_from(["", "data/", "/home/u/", "https://host/p%20q/", "file:///tmp/"])
        sources = [draw(kind) for _ in files]
        renamed = draw(some)
        ad["InputSandbox"] = strings(
            [
                source + (f"f{at}" if renamed or source.startswith(("https", "file")) else _escaped(name))
                for at, (source, name) in enumerate(zip(sources, files, strict=True))
            ]
        )
        if renamed or any(source.startswith(("https", "file")) for source in sources):
            ad["InputSandboxDestFileName"] = strings(files)
    if outputs:
        ad["OutputSandbox"] = strings(outputs)
    if draw(some):
        pairs = draw(st.dictionaries(variables, texts, max_size=3))
        ad["Environment"] = strings([f"{name}={value}" for name, value in pairs.items()])
    if draw(some):
        clauses = draw(st.lists(st.sampled_from(CLAUSES), min_size=1, max_size=4, unique=True))
        ad["Requirements"] = parse_expression(" && ".join(f"({clause})" for clause in clauses))
    _numbers(draw, ad)
    _others(draw, ad, files)
    return ClassAd(draw(st.permutations(list(ad.items()))))


def _escaped(name: str) -> str:
    from gridwms.describe.jdl.names import escape

    return escape(name)


def _numbers(draw: st.DrawFn, ad: dict[str, Expr]) -> None:
    counts = draw(st.sampled_from([(), ("CPUNumber",), ("CPUNumber", "HostNumber"), ("CPUNumber", "SMPGranularity")]))
    for attribute in counts:
        ad[attribute] = Literal(draw(st.integers(1, 64)))
    for attribute, low in (("RetryCount", 0), ("ShallowRetryCount", -1), ("ExpiryTime", int(NOW) + 1)):
        if draw(st.integers(0, 3)) == 0:
            ad[attribute] = Literal(draw(st.integers(low, low + 10**9)))
    if draw(st.booleans()):
        ad["WholeNodes"] = Literal(draw(st.booleans()))
    if draw(st.booleans()):
        ad["FuzzyRank"] = Literal(True)
        ad["FuzzyFactor"] = Literal(draw(st.sampled_from([1, 2.5, 3])))
    if draw(st.booleans()):
        ad["PerusalFileEnable"] = Literal(True)
        ad["PerusalTimeInterval"] = Literal(draw(st.integers(2, 10_000)))


def _others(draw: st.DrawFn, ad: dict[str, Expr], files: list[str]) -> None:
    some = st.integers(0, 2).map(lambda number: number == 0)
    if draw(some):
        ad["Rank"] = parse_expression(draw(st.sampled_from(RANKS)))
    if draw(some):
        ad["NodeName"] = Literal(draw(texts))
    if draw(some):
        ad["VirtualOrganisation"] = Literal("biomed")
    if draw(some):
        known = st.sampled_from(["JobProject", "JobProject2", "JobAnnotation", "Description", "ApplicationName"])
        tags = draw(st.dictionaries(known | variables, texts, max_size=3))
        ad["UserTags"] = ClassAd((name, Literal(value)) for name, value in tags.items())
    if draw(some):
        ad["Prologue"] = Literal("/bin/prologue")
        ad["PrologueArguments"] = Literal(draw(texts))
    if draw(some):
        ad["Epilogue"] = Literal(draw(st.sampled_from(["/bin/epilogue", *files])))
    if draw(some):
        ad[draw(variables.map("My{}".format))] = parse_expression(draw(st.sampled_from([*CLAUSES, '"x"', "{ 1, 2 }"])))


def described(ad: ClassAd) -> Description:
    """The description of an ad that is accepted; others are not looked at."""
    description = read_jdl(unparse(ad, multiline=True), DEFAULTS, now=NOW).description
    assume(description is not None)
    assert description is not None
    return description


def conditions(expr: Expr) -> frozenset[Expr]:
    """The conditions that are joined with `&&`, however they are grouped."""
    while isinstance(expr, Group):
        expr = expr.inner
    if isinstance(expr, Binary) and expr.operator == "&&":
        return conditions(expr.left) | conditions(expr.right)
    if isinstance(expr, Binary) and isinstance(expr.left, Literal):
        turned = {">=": "<=", "<=": ">=", ">": "<", "<": ">", "==": "=="}.get(expr.operator)
        return frozenset({Binary(turned, expr.right, expr.left)}) if turned else frozenset({expr})
    return frozenset({expr})


def _words(line: str) -> object:
    words = split_words(line)
    return line if words is None else words


def meaning(description: Description) -> dict[str, object]:
    """What a description means, without regard to the order and the writing of its parts."""
    return {
        "ad": {name.lower(): expr for name, expr in description.ad.items() if name.startswith("My")},
        **{
            name: _words(getattr(description, name))
            for name in ("arguments", "prologue_arguments", "epilogue_arguments")
        },
        "environment": dict(description.environment),
        "inputs": {(file.name, file.local, file.url) for file in description.inputs},
        "outputs": set(description.outputs),
        "tags": dict(description.user_tags),
        "requirements": conditions(description.requirements) - conditions(Literal(True)),
        "rank": unparse(description.rank),
        **{
            name: getattr(description, name)
            for name in (
                *("vo", "executable", "std_input", "std_output", "std_error", "prologue"),
                *("epilogue", "retry_count", "shallow_retry_count", "expires_at", "fuzzy_rank"),
                *("fuzzy_factor", "submit_to", "peek", "peek_seconds", "cpus"),
            )
        },
    }
