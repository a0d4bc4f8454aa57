"""The built-in functions. Importing this package fills the table in `registry`."""

from gridwms.classad.functions import (
    control,
    conversions,
    environment,
    glite,
    kinds,
    lists,
    numbers,
    patterns,
    string_lists,
    strings,
    times,
    versions,
)
from gridwms.classad.functions.registry import compile_expression

__all__ = [
    "compile_expression",
    "control",
    "conversions",
    "environment",
    "glite",
    "kinds",
    "lists",
    "numbers",
    "patterns",
    "string_lists",
    "strings",
    "times",
    "versions",
]
