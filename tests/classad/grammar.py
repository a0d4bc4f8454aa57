# ruff: noqa: E501, RUF012 - tables are easier to read with one group a line
"""Random expressions that reach every operator, function, type pair, UNDEFINED and ERROR.

Driven by a seed that Hypothesis draws: one seed gives a batch of cases, since asking the oracle costs per batch.
"""

from __future__ import annotations

import random

INTEGERS = ["0", "1", "2", "3", "5", "7", "-1", "-2", "63", "64", "100", "2880", "-9223372036854775808",
            "9223372036854775807", "4611686018427387904", "1577836800"]  # fmt: skip
REALS = ["0.0", "-0.0", "1.0", "1.5", "-2.5", "0.5", "2.0", "1e10", "1e308", "-1e308", "1e400", "-1e400",
         "1E-400", ".25", '(real("nan"))', "3.999999999", "1e15"]  # fmt: skip
STRINGS = ['""', '"a"', '"A"', '"b"', '"abc"', '"ABC"', '"12"', '"1.5"', '"12abc"', '"true"', '"a,b,c"', '"a b  c"',
           '"a, b ,,c"', '"1,2,3"', '"1.5,2"', '"x=1;y=2"', '"A=1 B=\'x y\'"', '"u@d"', '"1.2.3"', '"1.10"', '"01"',
           '"a.*"', '"^a"', '"(a)(b)?"', '"é"', '"a\\nb"', '"a\\tb"', '"\\"q\\""', '"<"', '"=="', '"is"', '"i"',
           '"fg"', '"x + 1"', '"a"', '"other.x"', '","', '"; "', '"-"', '"inf"', '"nan"', '" 7 "', '"%Y-%m-%d"',
           '"{1,2}"', '"[a=1]"', '"undefined"', '"b*"', '"\\\\1x\\\\0"', '"VOMS:/cms/Role=NULL"']  # fmt: skip
TIMES = ['absTime("2020-01-01T00:00:00Z")', 'absTime("2020-02-29T23:59:59+01:00")', "absTime(0)", "absTime(86400,3600)",
         "relTime(0)", "relTime(60)", "relTime(-90061)", "relTime(100000)",
         'absTime("1999-12-31T12:00:00-05:00")']  # fmt: skip
NAMES = [
    "a",
    "b",
    "c",
    "d",
    "i",
    "r",
    "s",
    "t",
    "l",
    "n",
    "x",
    "y",
    "z",
    "missing",
    "A",
    "Loop",
    "e",
    "u",
    "at",
    "rt",
    "ls",
]
SCOPED = ["my.a", "my.i", "other.x", "other.y", "target.s", "TARGET.l", "other.missing", "self.a", "n.p", "n.q", "n.z", "n.deep",
          "parent.a", "toplevel.a", "root.i", "other.n.p", "other.back", "l.x", ".a", "ls.x", "target.my.x",
          "other.other.a"]  # fmt: skip
BINARY = ["+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "=?=", "=!=", "is", "isnt", "&&", "||", "&", "|",
          "^", "<<", ">>", ">>>", "?:"]  # fmt: skip
UNARY = ["-", "+", "!", "~"]

# What fits: i integer, r number, s string, b condition, l list, k list of strings, m list of numbers, n ad,
# t absolute, T relative time, p pattern, o options, v anything, * more of anything.
FUNCTIONS = {
    "isUndefined": "v", "isError": "v", "isString": "v", "isInteger": "v", "isReal": "v", "isBoolean": "v", "isList": "v",
    "isClassAd": "v", "isAbsTime": "v", "isRelTime": "v", "size": "v", "member": "vl", "identicalMember": "vl",
    "sum": "m", "avg": "m", "min": "m", "max": "m", "anyCompare": "clv", "allCompare": "clv", "strcat": "vvv",
    "join": "svv", "toUpper": "v", "toLower": "v", "substr": "sii", "strcmp": "vv", "stricmp": "vv",
    "versioncmp": "ss", "versionLT": "ss", "versionLE": "ss", "versionGT": "ss", "versionGE": "ss", "versionEQ": "ss",
    "version_in_range": "sss", "regexp": "pso", "regexpMember": "pko", "regexps": "psso", "replace": "psso",
    "replaceAll": "psso", "int": "v", "real": "v", "string": "v", "bool": "v", "floor": "v", "ceiling": "v", "ceil": "v",
    "round": "v", "pow": "rr", "quantize": "rv", "ifThenElse": "bvv", "eval": "s", "interval": "r", "absTime": "ri",
    "relTime": "r", "getYear": "t", "getMonth": "t", "getDayOfYear": "t", "getDayOfMonth": "t", "getDayOfWeek": "t",
    "getDays": "T", "getHours": "T", "getMinutes": "t", "getSeconds": "t", "splitTime": "t", "formatTime": "ts",
    "stringListSize": "ss", "stringListSum": "ss", "stringListAvg": "ss", "stringListMin": "ss", "stringListMax": "ss",
    "stringListMember": "sss", "stringListIMember": "sss", "stringListSubsetMatch": "sss",
    "stringListISubsetMatch": "sss", "stringListsIntersect": "sss", "stringList_regexpMember": "psso", "split": "ss",
    "splitUserName": "s", "splitSlotName": "s", "envV1ToV2": "s", "mergeEnvironment": "ss", "argsToList": "si",
    "listToArgs": "ki", "evalInEachContext": "bA", "countMatches": "bA", "unparse": "N", "unresolved": "No", "debug": "v",
    "noSuchFunction": "v",
}  # fmt: skip
PATTERNS = ['"a"', '"^a.*c$"', '"(a)(b)"', '"b*"', '"[a-c]+"', '"("', '"A"', '"."', '"\\\\d+"', '""', '"a|b"',
            '"(?i)abc"', '"\\\\bb"', '"a{2}"']  # fmt: skip
OPTIONS = ['"i"', '""', '"m"', '"s"', '"x"', '"f"', '"g"', '"fg"', '"im"']

CONTEXTS: list[tuple[str | None, str | None]] = [
    (None, None),
    ('[a = 1; b = a + 1; c = "x"; d = {1, a, "x", undefined}; i = 7; r = 2.5; s = "Hello"; t = true; l = {[x=1], [x=y; p=3], [q=4]};'
     ' n = [p = 5; q = a; deep = [z = b; w = parent.p]; x = 1]; y = undefined; e = error; u = undefined; Loop = Loop + 1;'
     ' z = 1e400; at = absTime("2020-01-01T00:00:00Z"); rt = relTime(61); ls = {"a", "b", "abc"}; x = other.x]', None),
    ('[a = 1; b = other.x; c = "x"; d = {1, a, "x", undefined}; i = 7; r = 2.5; s = "Hello"; t = true; l = {[x=1], [x=y], [q=other.y]};'
     ' n = [p = 5; q = a; deep = [z = b; w = parent.p]; z = other.x]; y = undefined; e = error; Loop = other.back;'
     ' at = absTime("2020-01-01T00:00:00+01:00"); rt = relTime(-5.0); ls = {"a", "B", "abc"}; requirements = other.x > 5; rank = other.x]',
     '[x = 42; y = "target"; s = "HELLO"; l = {"x", "a", 3}; n = [p = x; q = other.a]; back = target.Loop; a = my.x;'
     ' requirements = target.a == 1; rank = -x]'),
    ('[x = 1; y = x ?: 2; a = "12"; b = {}; c = [k = 1]; i = -3; s = ""; l = {1, 2.5, true}; n = [self_ref = self.p; p = "n"];'
     ' e = 1/0; z = {{1},{2}}; ls = "a,b"; at = 5]', '[x = undefined; y = error; l = {}; my = [x = 9]; s = 3]'),
]  # fmt: skip


class Grammar:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, choices: list[str]) -> str:
        return self.random.choice(choices)

    def atom(self) -> str:
        chance = self.random.random()
        if chance < 0.18:
            return self.pick(INTEGERS)
        if chance < 0.28:
            return self.pick(REALS)
        if chance < 0.46:
            return self.pick(STRINGS)
        if chance < 0.54:
            return self.pick(["true", "false"])
        if chance < 0.61:
            return "undefined"
        if chance < 0.66:
            return "error"
        if chance < 0.72:
            return self.pick(TIMES)
        if chance < 0.86:
            return self.pick(NAMES)
        return self.pick(SCOPED)

    def expression(self, depth: int) -> str:
        if depth <= 0:
            return self.atom()
        chance = self.random.random()
        if chance < 0.12:
            return self.atom()
        if chance < 0.42:
            operator = self.pick(BINARY)
            left, right = self.expression(depth - 1), self.expression(depth - 1)
            if operator == "?:" or self.random.random() < 0.6:
                return f"({left}) {operator} ({right})"
            return f"{left} {operator} {right}"
        if chance < 0.50:
            return f"{self.pick(UNARY)}{self.pick(['', ' '])}({self.expression(depth - 1)})"
        if chance < 0.55:
            parts = [self.expression(depth - 1) for _ in range(3)]
            return "({}) ? ({}) : ({})".format(*parts)
        if chance < 0.60:
            return f"({self.expression(depth - 1)})[{self.pick(['0', '1', '-1', '1.0', 'true', self.expression(depth - 1)])}]"
        if chance < 0.64:
            return f"({self.expression(depth - 1)}).{self.pick(['x', 'p', 'q', 'a', 'missing'])}"
        if chance < 0.69:
            return self.list(depth)
        if chance < 0.73:
            return self.ad(depth)
        return self.call(depth)

    def list(self, depth: int) -> str:
        return "{" + ", ".join(self.expression(depth - 1) for _ in range(self.random.randint(0, 3))) + "}"

    def ad(self, depth: int) -> str:
        names = self.random.sample(["x", "p", "q", "a", "z", "long_name"], self.random.randint(0, 3))
        return "[" + "; ".join(f"{name} = {self.expression(depth - 1)}" for name in names) + "]"

    def call(self, depth: int) -> str:
        name = self.random.choice(list(FUNCTIONS))
        shape = FUNCTIONS[name]
        if self.random.random() < 0.04:
            shape = shape[: self.random.randint(0, len(shape))] + self.pick(["", "v"])
        elif len(shape) > 1 and shape[-1] in "soiv" and self.random.random() < 0.4:
            shape = shape[:-1]
        spelled = self.pick([name, name, name.upper(), name.lower()])
        call = f"{spelled}({', '.join(self.argument(kind, depth) for kind in shape)})"
        # Of versioncmp() only the sign is defined.
        return f"({call} {self.pick(['<', '>', '=='])} 0)" if name == "versioncmp" else call

    def argument(self, kind: str, depth: int) -> str:
        if self.random.random() < 0.18 and kind != "N":
            return self.expression(depth - 1)
        match kind:
            case "i":
                return self.pick(["0", "1", "2", "-1", "3", "-2", "10", "i", "3600"])
            case "r":
                return self.pick([*INTEGERS[:12], "1.5", "2.0", "0.5", "-2.5", '"12"', "r", "100000", "3.0"])
            case "s":
                return self.pick([*STRINGS, "s", "c"])
            case "b":
                return self.pick(
                    [
                        "true",
                        "false",
                        "x > 1",
                        "p",
                        "undefined",
                        "x =?= 1",
                        "1",
                        "0.0",
                        "a == 1",
                        "other.x > 5",
                    ]
                )
            case "l":
                return self.pick(
                    [
                        "{}",
                        "{1,2,3}",
                        '{"a","B",undefined}',
                        "{1, 1.0, true}",
                        "l",
                        "d",
                        "ls",
                        self.list(depth),
                    ]
                )
            case "k":
                return self.pick(
                    [
                        "{}",
                        '{"a","b"}',
                        '{"abc", undefined}',
                        '{"a b", "c"}',
                        "ls",
                        '{"", "x\'y"}',
                        self.list(depth),
                    ]
                )
            case "m":
                return self.pick(
                    [
                        "{}",
                        "{1,2,3}",
                        "{1.5, 2}",
                        "{true, 2}",
                        "{1, undefined}",
                        "{-1, -2.5}",
                        "l",
                        self.list(depth),
                    ]
                )
            case "A":
                return self.pick(
                    [
                        "l",
                        "{[x=1],[x=2;p=true]}",
                        "{}",
                        "{[p=false], undefined}",
                        "{[x=2], 3}",
                        "undefined",
                        "l",
                    ]
                )
            case "t":
                return self.pick([*TIMES, "at", "rt", "1577836800"])
            case "T":
                return self.pick([*TIMES, "rt", "at"])
            case "p":
                return self.pick(PATTERNS)
            case "o":
                return self.pick(OPTIONS)
            case "c":
                return self.pick(['"<"', '"<="', '"=="', '"!="', '">="', '">"', '"is"', '"isnt"', '"=?="', '"x"'])
            case "N":
                return self.pick([*NAMES, "my.a", "1"])
        return self.expression(depth - 1)

    def cases(self, count: int) -> list[tuple[str, str | None, str | None]]:
        found = []
        for _ in range(count):
            my, target = self.random.choice(CONTEXTS)
            text = self.expression(self.random.choice([1, 1, 2, 2, 3, 4]))
            # Outside of all ads `.name` has no meaning, and the library answers by chance.
            found.append((text.replace(".a", "a") if my is None else text, my, target))
        return found


class SyntaxGrammar:
    """Texts made of the tokens of the language in nearly any order."""

    TOKENS = [
        "1", "0", "007", "08", "1.5", ".5", "1.", "1e3", "1e", "10K", "-", "-1", "+", "!", "~", "*", "/", "%", "<", "<=", ">", ">=",
        "==", "!=", "=?=", "=!=", "is", "IS", "isnt", "&&", "||", "&", "|", "^", "<<", ">>", ">>>", "?", ":", "?:", "(", ")", "[", "]",
        "{", "}", ",", ";", ".", "a", "b", "x", "'a'", "'b c'", "''", "\"s\"", "\"\\n\\\"\"", "\"\\12\\400\"", "\"\\0\"", "\"\\x41\"", "true", "FALSE",
        "undefined", "error", "parent", "self", "f(", "size(", "member(", "=", "// c\n", "/* c */", "/*", "#", "$", "@", "\t", "\n", "_", "a1",
    ]  # fmt: skip
    SHAPES = [
        "{e}",
        "({e})",
        "{{{e}}}",
        "[a = {e}; b = 2]",
        "f({e}, {e})",
        "{e} + {e}",
        "{e} ?: {e}",
        "{e} ? {e} : {e}",
        "{e}.b",
        "{e}[{e}]",
    ]

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self) -> str:
        if self.random.random() < 0.5:
            shape = self.random.choice(self.SHAPES)
            for _ in range(self.random.randint(0, 2)):
                shape = shape.replace("{e}", self.random.choice(self.SHAPES), 1)
            while "{e}" in shape:
                shape = shape.replace(
                    "{e}", self.random.choice(["1", "-1", "a", '"s"', "true", "x", ".5", self.word()]), 1
                )
            return shape
        return self.random.choice(["", " "]).join(self.word() for _ in range(self.random.randint(1, 6)))

    def word(self) -> str:
        return self.random.choice(self.TOKENS)

    def cases(self, count: int) -> list[tuple[str, str | None, str | None]]:
        return [(self.text(), "[a = 1; b = [a = 2; x = a]; x = {1, [b = 3]}]", None) for _ in range(count)]


class PatternGrammar:
    """Regular expressions over everything that PCRE knows and job descriptions may use."""

    ATOMS = [
        "a", "b", ".", "\\d", "\\w", "\\s", "\\D", "\\W", "\\S", "[a-c]", "[^a]", "[]a]", "[^]a]", "[a[b]", "[[:alpha:]]", "[[:digit:]_]", "[a&&b]",
        "[a--b]", "[a||b]", "[~~]", "\\b", "\\B", "^", "$", "\\A", "\\z", "\\Z", "\\x41", "\\x{42}", "\\t", "\\n", "\\e", "\\h", "\\R", "\\.",
        "\\Qa.b\\E", "\\1", "(?i)", "(?-i)", "{", "}", "{a}", "{,3}", "a{2}", "a{1,}", "b{0,2}", "(?:ab)", "(a|b)", "(?=a)", "(?!a)",
        "(?<=a)", "(?<!a)", "(?>a+)", "a++", "a*+", "a??", "a+?", "|", "()", "(?#c)", "\\K", "\\L", "\\m", "\\i", "\\y", "\\cA", "\\07",
        "\\o{101}", "[\\d]", "[\\b]", "[\\w-z]", "[a\\]b]", "\\N", "\\v", "[\\h]", "(?s).", "(?m)^", "(?x)a b", "-", ",", "/", "\"", "'",
        "(?(1)a|b)", "\\g1", "\\g{1}", "x*", "]", ".*", "cern", "a.*b",
    ]  # fmt: skip
    SUBJECTS = ["", "a", "b", "ab", "ba", "aab", "abc", "A", "AB", "a\\nb", "a\\n", "\\n", "a.b", "{", "{a}", "a]", "_1", "a b", "\\t", "x",
                "aaaa", "bbb", "a-b", "C", "1", "\\\"", "[", "&", "xcernab"]  # fmt: skip

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    TAILS = ["", ', "f"']

    def case(self) -> str:
        pick = self.random.choice
        pattern = "".join(pick(self.ATOMS) for _ in range(pick([1, 1, 2, 2, 3, 4])))
        pattern = pattern.replace("\\", "\\\\").replace('"', '\\"')
        subject = pick(self.SUBJECTS)
        if self.random.random() < 0.7:
            options = pick(["", "", ', "i"', ', "m"', ', "s"', ', "x"'])
            return f'regexp("{pattern}", "{subject}"{options})'
        replacement = pick(["[\\\\0]", "\\\\1", "<\\\\1\\\\2>", "x"])
        return f'regexps("{pattern}", "{subject}", "{replacement}"{pick(self.TAILS)})'

    def cases(self, count: int) -> list[tuple[str, str | None, str | None]]:
        return [(self.case(), None, None) for _ in range(count)]


class TimeGrammar:
    """Texts that are dates and spans of time, or nearly."""

    TAILS = ["", "", " ", "x"]
    ZONES = [
        "",
        "",
        "Z",
        "z",
        "+01:00",
        "-05:00",
        "+0530",
        "-00:00",
        " Z",
        "+1",
        "Zx",
        "+01:0",
        "+ab:cd",
        " +01:00",
        "-01:00 ",
        "+25:99",
    ]

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def digits(self, count: int) -> str:
        return "".join(self.random.choice("0123456789") for _ in range(count))

    def date(self) -> str:
        pick = self.random.choice
        text = pick(["", "-", "x", " "]) + pick(
            ["2020", "1970", "1969", "0001", "9999", self.digits(4), self.digits(3)]
        )
        for _ in range(self.random.randint(0, 6)):
            text += pick(["-", ":", "T", "", "/", " ", "--"]) + self.digits(pick([2, 2, 2, 1, 3]))
        return f'absTime("{text}{pick(self.ZONES)}")'

    def span(self) -> str:
        pick = self.random.choice
        text = pick(["", "-", " ", "- ", "+"])
        if self.random.random() < 0.4:
            text += pick(["", "1+", "10+", "0+", "+"]) + pick(["", "1:", "10:", "25:"]) + pick(["", "2:", "61:"])
            text += pick(["", "3", "59", "75", "3.5", ".5", "5.", "1e3"])
        else:
            text += pick(["", "1d", "2 d", "1D"]) + pick(["", "3h", " 4 h", "H"]) + pick(["", "5m", "6 M"])
            text += pick(["", "7s", "8.25s", "9", "9 S", "s", " 7 s "])
        return f'relTime("{text}{pick(self.TAILS)}")'

    def cases(self, count: int) -> list[tuple[str, str | None, str | None]]:
        return [(self.date() if self.random.random() < 0.5 else self.span(), None, None) for _ in range(count)]


class ScopeGrammar:
    """Nested ads and lists full of references: which name is seen from where."""

    NAMES = ["a", "b", "c", "n", "m", "l"]

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def reference(self) -> str:
        pick = self.random.choice
        name = pick(self.NAMES)
        chance = self.random.random()
        if chance < 0.35:
            return name
        if chance < 0.8:
            prefixes = [
                "self",
                "parent",
                "toplevel",
                "root",
                "my",
                "other",
                "target",
                "n",
                "m",
                "l",
                "a",
                "parent.parent",
                "n.m",
                "other.n",
            ]
            return f"{pick(prefixes)}.{name}"
        if chance < 0.86:
            return f".{name}"
        if chance < 0.93:
            return f'{pick(["n", "m", "other", "self"])}["{name}"]'
        return f"l[{pick(['0', '1'])}]"

    def expression(self, depth: int) -> str:
        chance = self.random.random()
        if chance < 0.3 or depth <= 0:
            return str(self.random.randint(0, 9)) if chance < 0.12 else self.reference()
        if chance < 0.5:
            return f"({self.expression(depth - 1)} {self.random.choice(['+', '?:', '=?=', '&&', '<'])} {self.expression(depth - 1)})"
        if chance < 0.6:
            return f"isUndefined({self.expression(depth - 1)})"
        if chance < 0.66:
            return f'eval("{self.random.choice(["a", "parent.b", "my.c", "other.a + 1", "n.m"])}")'
        if chance < 0.8:
            return "{" + ", ".join(self.expression(depth - 1) for _ in range(2)) + "}"
        return self.ad(depth - 1)

    def ad(self, depth: int) -> str:
        names = self.random.sample(self.NAMES, self.random.randint(1, 4))
        parts = []
        for name in names:
            value = self.ad(depth - 1) if name in "nm" and depth > 0 else self.expression(depth)
            if name == "l":
                value = "{" + f"{self.expression(depth - 1)}, {self.ad(depth - 1)}" + "}" if depth > 0 else "{1}"
            parts.append(f"{name} = {value}")
        return "[" + "; ".join(parts) + "]"

    def cases(self, count: int) -> list[tuple[str, str | None, str | None]]:
        found = []
        while len(found) < count:
            my, target = self.ad(3), self.ad(2) if self.random.random() < 0.7 else None
            found += [(self.expression(1), my, target) for _ in range(10)]
        return found[:count]
