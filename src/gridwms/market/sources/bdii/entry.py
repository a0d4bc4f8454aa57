"""An entry of an LDAP directory, and the values of its GLUE attributes as expressions.

The types are those of the GLUE schemas: whole numbers and lists by name, everything else text, and the words true and
false truth values wherever they stand (gLite reference §3.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from gridwms.classad import ClassAd, Expr, ListExpression, Literal
from gridwms.classad.values import INTEGER_MAX, INTEGER_MIN

LEFT_OUT = frozenset(("objectclass", "glueforeignkey", "gluechunkkey"))
"""What only holds the directory together; so do the foreign keys of GLUE 2."""

_LIST_NAMES = """
gluececapability glueceinfocontactstring glueceaccesscontrolbaserule glueclusterservice
gluehostapplicationsoftwareruntimeenvironment gluecesebindgroupseuniqueid gluesitesponsor gluesiteotherinfo
glueseaccessprotocolsupportedsecurity glueseaccessprotocolcapability gluesecontrolprotocolcapability
gluesacapability gluesaaccesscontrolbaserule gluevoinfoaccesscontrolbaserule glueserviceowner
glueserviceaccesscontrolbaserule glueserviceaccesscontrolrule glue2entityotherinfo glue2domainwww
glue2admindomainowner glue2servicecapability glue2servicestatusinfo glue2endpointcapability
glue2endpointinterfaceextension glue2endpointwsdl glue2endpointsupportedprofile glue2endpointsemantics
glue2endpointtrustedca glue2policyrule glue2policyuserdomainforeignkey glue2computingendpointjobdescription
glue2computingsharetag glue2computingmanagernetworkinfo glue2executionenvironmentnetworkinfo
glue2applicationenvironmentbestbenchmark glue2storageshareaccessmode glue2storageshareretentionpolicy
"""
LISTS = frozenset(_LIST_NAMES.split())
"""Folded names of the attributes that may have several values; one value makes a list of them too."""

_NUMBER_ENDINGS = """
jobs cpus slots slotsperjob worstresponsetime estimatedresponsetime maxwallclocktime maxcputime
maxobtainablewallclocktime maxobtainablecputime walltime cputime priority policypreemption smpsize clockspeed
cachel1 cachel1i cachel1d cachel2 ramsize ramavailable virtualsize virtualavailable benchmarksi00 benchmarksf00
adaptermtu last1min last5min last15min versionmajor versionminor protocolport seport sizetotal sizefree ioload
accesstime maxstreams onlinesize nearlinesize maxfilesize minfilesize maxdata maxnumfiles maxpinduration policyquota
availablespace usedspace memory memorysize diskspace waitingtime instances totalsize freesize usedsize reservedsize
jobslots mainmemory virtualmemory workingareatotal workingareafree workingarealifetime userseats bandwidth
stageinstreams stageoutstreams defaultlifetime maximumlifetime
"""


_ENDINGS = tuple(_NUMBER_ENDINGS.split())


@lru_cache(maxsize=200_000)
def _literal(text: str, number: bool) -> Literal | None:
    """The value of a text; None when it says nothing. Kept: a grid repeats its few values a million times."""
    folded = text.strip().lower()
    if folded in ("true", "false"):
        return Literal(folded == "true")
    if folded == "undefined":
        return None
    if not number:
        return Literal(text)
    try:
        value = int(folded)
    except ValueError:
        return None
    return Literal(value) if INTEGER_MIN <= value <= INTEGER_MAX else None


class Entry:
    """`kinds`: its object classes, folded. `texts`: folded attribute name to its values, never an empty list."""

    __slots__ = ("_ad", "dn", "kinds", "names", "short", "texts")

    def __init__(self, dn: str, texts: Mapping[str, Sequence[str]], names: Mapping[str, str]) -> None:
        """`names`: folded name to the spelling."""
        self.dn = dn
        self.texts = texts
        self.names = names
        self.kinds = frozenset(kind.lower() for kind in texts.get("objectclass", ()))
        self._ad: ClassAd | None = None
        self.short: ClassAd | None = None
        """Under the short names of the GLUE 2 tree; made by whoever first needs it."""

    def text(self, name: str) -> str:
        """The first value of an attribute (folded name), "" when it has none."""
        values = self.texts.get(name)
        return values[0].strip() if values else ""

    def key(self, attribute: str, kind: str) -> str:
        """What a chunk or foreign key of GLUE 1 says of `kind`: "x" of `kind=x` (any case), "" when nothing."""
        for value in self.texts.get(attribute, ()):
            name, _, found = value.partition("=")
            if name.strip().lower() == kind:
                return found.strip()
        return ""

    def ad(self) -> ClassAd:
        """Its attributes with their values; made once."""
        if self._ad is None:
            found: dict[str, Expr] = {}
            for name, values in self.texts.items():
                kind = _kind(name)
                expr = _expression(values, kind) if kind is not None else None
                if expr is not None:
                    found[name] = expr
            names = self.names
            self._ad = ClassAd.of_folded(found, {name: names[name] for name in found})
        return self._ad


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """By name: a directory answers in an order of its own, another one each time."""
    return sorted(entries, key=lambda entry: entry.dn)


@lru_cache(maxsize=4096)
def _kind(folded: str) -> tuple[bool, bool] | None:
    """Of a name: whether its values are numbers, and whether they make a list; None when it is left out."""
    if folded in LEFT_OUT or folded.endswith("foreignkey"):
        return None
    return folded.startswith("glue") and folded.endswith(_ENDINGS), folded in LISTS


def _expression(values: Sequence[str], kind: tuple[bool, bool]) -> Expr | None:
    """The value of an attribute; None when it is none."""
    number, several = kind
    if len(values) == 1 and not several:
        return _literal(values[0], number)
    literals = [literal for value in values if (literal := _literal(value, number)) is not None]
    if several or len(literals) > 1:
        return ListExpression(tuple(literals))
    return literals[0] if literals else None
