"""The ClassAd language: parse, print, evaluate, fold. Pure: no clock, file, network or chance but what is given."""

from gridwms.classad.ad import ClassAd
from gridwms.classad.context import EvaluationContext, Limits
from gridwms.classad.evaluate import Mode, evaluate, evaluate_attribute
from gridwms.classad.flatten import flatten
from gridwms.classad.json_text import ad_from_json, ad_to_json
from gridwms.classad.old_syntax import parse_ad_old, parse_ads_old, unparse_old
from gridwms.classad.parser import parse_ad, parse_ad_tolerant, parse_expression
from gridwms.classad.references import conjuncts, references
from gridwms.classad.syntax_error import ClassAdSyntaxError
from gridwms.classad.tree import (
    Binary,
    Call,
    Conditional,
    Expr,
    Group,
    Index,
    ListExpression,
    Literal,
    Reference,
    Unary,
)
from gridwms.classad.unparse import quote, unparse
from gridwms.classad.values import ERROR, UNDEFINED, AbsoluteTime, Error, RelativeTime, Undefined, Value
from gridwms.classad.xml_text import ads_from_xml, ads_to_xml

__all__ = [
    "ERROR",
    "UNDEFINED",
    "AbsoluteTime",
    "Binary",
    "Call",
    "ClassAd",
    "ClassAdSyntaxError",
    "Conditional",
    "Error",
    "EvaluationContext",
    "Expr",
    "Group",
    "Index",
    "Limits",
    "ListExpression",
    "Literal",
    "Mode",
    "Reference",
    "RelativeTime",
    "Unary",
    "Undefined",
    "Value",
    "ad_from_json",
    "ad_to_json",
    "ads_from_xml",
    "ads_to_xml",
    "conjuncts",
    "evaluate",
    "evaluate_attribute",
    "flatten",
    "parse_ad",
    "parse_ad_old",
    "parse_ad_tolerant",
    "parse_ads_old",
    "parse_expression",
    "quote",
    "references",
    "unparse",
    "unparse_old",
]
