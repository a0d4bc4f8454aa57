"""The types of JSDL's texts: which words are accepted, and how a message says so (GFD.136 chapter 5)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from enum import StrEnum


class Type(StrEnum):
    """The value is what an error message says is accepted."""

    STRING = "a text"
    WORD = "a word"
    PATH = "the name of a file"
    EXACT = "any text; every blank counts"
    BOOLEAN = "true, false, 1 or 0"
    WHOLE = "a whole number, 0 or more"
    POSITIVE = "a whole number, 1 or more"
    NUMBER = "a number, such as 4 or 1.5e9"
    URI = "a URI, such as https://host/path, with blanks written as %20"
    CREATION = "overwrite, append or dontOverwrite"
    FILE_SYSTEM = "swap, temporary, spool or normal"
    ARCHITECTURE = "a name of CPUArchitectureName"
    OPERATING_SYSTEM = "a name of OperatingSystemName"


ARCHITECTURES = ("sparc", "powerpc", "x86", "x86_32", "x86_64", "parisc", "mips", "ia64", "arm", "other")
"""GFD.136."""

OPERATING_SYSTEMS = (
    "Unknown",
    "MACOS",
    "ATTUNIX",
    "DGUX",
    "DECNT",
    "Tru64_UNIX",
    "OpenVMS",
    "HPUX",
    "AIX",
    "MVS",
    "OS400",
    "OS_2",
    "JavaVM",
    "MSDOS",
    "WIN3x",
    "WIN95",
    "WIN98",
    "WINNT",
    "WINCE",
    "NCR3000",
    "NetWare",
    "OSF",
    "DC_OS",
    "Reliant_UNIX",
    "SCO_UnixWare",
    "SCO_OpenServer",
    "Sequent",
    "IRIX",
    "Solaris",
    "SunOS",
    "U6000",
    "ASERIES",
    "TandemNSK",
    "TandemNT",
    "BS2000",
    "LINUX",
    "Lynx",
    "XENIX",
    "VM",
    "Interactive_UNIX",
    "BSDUNIX",
    "FreeBSD",
    "NetBSD",
    "GNU_Hurd",
    "OS9",
    "MACH_Kernel",
    "Inferno",
    "QNX",
    "EPOC",
    "IxWorks",
    "VxWorks",
    "MiNT",
    "BeOS",
    "HP_MPE",
    "NextStep",
    "PalmPilot",
    "Rhapsody",
    "Windows_2000",
    "Dedicated",
    "OS_390",
    "VSE",
    "TPF",
    "Windows_R_Me",
    "Caldera_Open_UNIX",
    "OpenBSD",
    "Not_Applicable",
    "Windows_XP",
    "z_OS",
    "other",
)
"""GFD.136; the names are those of CIM."""

WORDS: dict[Type, tuple[str, ...]] = {
    Type.BOOLEAN: ("true", "false", "1", "0"),
    Type.CREATION: ("overwrite", "append", "dontOverwrite"),
    Type.FILE_SYSTEM: ("swap", "temporary", "spool", "normal"),
    Type.ARCHITECTURE: ARCHITECTURES,
    Type.OPERATING_SYSTEM: OPERATING_SYSTEMS,
}
"""Types of which every value is known."""

_WHOLE = re.compile(r"\+?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)


def _is_number(text: str) -> bool:
    return len(text) <= 400 and _NUMBER.fullmatch(text) is not None and math.isfinite(float(text))


_TESTS: dict[Type, Callable[[str], bool]] = {
    Type.WORD: lambda text: bool(text) and " " not in text,
    Type.PATH: bool,
    Type.WHOLE: lambda text: _WHOLE.fullmatch(text) is not None,
    Type.POSITIVE: lambda text: _WHOLE.fullmatch(text) is not None and int(text) > 0,
    Type.NUMBER: _is_number,
    Type.URI: lambda text: bool(text) and " " not in text,
}


def fits(text: str, type_: Type) -> bool:
    """Whether the text, blanks around it removed, is a value of the type."""
    words = WORDS.get(type_)
    if words is not None:
        return text in words
    test = _TESTS.get(type_)
    return test is None or test(text)


def truth(text: str) -> bool:
    """The meaning of a value of type BOOLEAN."""
    return text in ("true", "1")
