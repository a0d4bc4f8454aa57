"""The built-in functions. Importing this package fills the table in `registry`."""

from gridwms.classad.functions import conversions, kinds, lists, patterns
from gridwms.classad.functions.registry import compile_expression

__all__ = ["compile_expression", "conversions", "kinds", "lists", "patterns"]
