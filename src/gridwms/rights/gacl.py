"""GACL, as gLite's WMProxy reads it (`glite_wms_wmproxy.gacl`, `.drain`): XML, entries that allow or deny `exec`.

    <gacl>
      <entry><voms><fqan>/atlas/Role=production</fqan></voms><allow><exec/></allow></entry>
      <entry><person><dn>/DC=org/CN=Mallory</dn></person><deny><exec/></deny></entry>
    </gacl>

What is denied stays denied, whatever other entries allow. All credentials of an entry must fit.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from lxml import etree

from gridwms.rights.names import ALL, USE, Right
from gridwms.rights.pattern import Pattern, read_pattern
from gridwms.rights.problems import BadRules, Finding
from gridwms.rights.rule import By, Criterion, Rule, one_spelling
from gridwms.strict_xml import BadXml, Wrong, read_tree

MOST_DEPTH = 8
_SERVICE = "exec"
"""The permission that WMProxy asks for. The others (read, list, write, admin) are about files."""
_KNOWN = ("read", "list", "write", "admin", _SERVICE)

Fetch = Callable[[str], str]
"""The text behind the address of a list of DNs. OSError and ValueError when there is none."""
_Who = tuple[tuple[Criterion, tuple[Pattern, ...]], ...]


def no_lists(address: str) -> str:
    """Where lists of DNs are not to be read."""
    raise ValueError(f"lists of DNs are not read here ({address[:80]})")


def read_gacl_rules(text: str | bytes, name: str = "gacl", lists: Fetch = no_lists) -> tuple[Rule, ...]:
    """The rules of a file: `exec` is all rights of a user; who is denied it may do nothing at all. Raises BadRules."""
    root = _parse(text.encode() if isinstance(text, str) else text, name)
    reader = _Reader(name, lists)
    if _tag(root) != "gacl":
        raise BadRules([Finding(_line(root), f"<gacl> is expected, not <{_tag(root)[:40]}>")], name)
    rules = [rule for entry in root for rule in reader.entry(entry)]
    if reader.findings:
        raise BadRules(reader.findings, name)
    return tuple(rules)


class _Reader:
    def __init__(self, name: str, lists: Fetch) -> None:
        self._name = name
        self._lists = lists
        self.findings: list[Finding] = []

    def entry(self, entry: etree._Element) -> list[Rule]:
        if _tag(entry) != "entry":
            self._say(entry, f"<entry> is expected, not <{_tag(entry)[:40]}>")
            return []
        who: list[tuple[Criterion, tuple[Pattern, ...]]] = []
        permitted: dict[str, bool] = {"allow": False, "deny": False}
        anybody, unknown = False, ""
        for part in entry:
            match _tag(part):
                case "any-user":
                    anybody = True
                case "auth-user":
                    who.append((Criterion.BY, (Pattern((By.CERTIFICATE.value,)),)))
                case "person":
                    who += self._one(part, "dn", lambda dn: (Criterion.DN, (_same(one_spelling(dn)),)))
                case "voms":
                    who += self._one(part, "fqan", lambda fqan: (Criterion.FQAN, (read_pattern(fqan),)))
                case "voms-cred":
                    who += self._voms_cred(part)
                case "dn-list":
                    who += self._one(part, "url", self._listed(part))
                case "allow" | "deny" as verdict:
                    permitted[verdict] |= self._service_in(part)
                case other:
                    unknown = other
        if not anybody and not who and not unknown:
            self._say(entry, "the entry is about nobody")
        if unknown and permitted["deny"]:
            self._say(entry, f"<{unknown[:40]}> is not understood here, so it cannot be known whom the entry denies")
        if unknown:
            return []
        where = f"{self._name} line {_line(entry)}"
        found = []
        if permitted["allow"]:
            found.append(_rule(tuple(who), USE, frozenset(), where))
        if permitted["deny"]:
            found.append(_rule(tuple(who), frozenset(), ALL, where))
        return found

    def _one(
        self, part: etree._Element, child: str, made: Callable[[str], tuple[Criterion, tuple[Pattern, ...]]]
    ) -> _Who:
        texts = [(one.text or "").strip() for one in part if _tag(one) == child]
        if len(texts) != 1 or not texts[0] or len(part) != 1:
            self._say(part, f"<{_tag(part)}> holds one <{child}>, and that a name")
            return ()
        return (made(texts[0]),)

    def _voms_cred(self, part: etree._Element) -> _Who:
        """The old form: VO, group, role and capability apart."""
        fields = {_tag(one): (one.text or "").strip() for one in part}
        vo = fields.get("vo", "")
        if not vo:
            self._say(part, "<voms-cred> holds a <vo>")
            return ()
        group = fields.get("group", "").strip("/")
        path = f"/{group}" if group == vo or group.startswith(f"{vo}/") else f"/{vo}/{group}".rstrip("/")
        role = f"/Role={fields['role']}" if fields.get("role") else ""
        return ((Criterion.FQAN, (read_pattern(path + role),)),)

    def _listed(self, part: etree._Element) -> Callable[[str], tuple[Criterion, tuple[Pattern, ...]]]:
        def read(address: str) -> tuple[Criterion, tuple[Pattern, ...]]:
            try:
                lines = self._lists(address).splitlines()
            except (OSError, ValueError) as error:
                self._say(part, f"the list of DNs {address[:120]} cannot be read: {error}")
                lines = []
            names = [line.strip().strip('"') for line in lines if line.strip() and not line.lstrip().startswith("#")]
            return Criterion.DN, tuple(_same(one_spelling(name)) for name in names)

        return read

    def _service_in(self, part: etree._Element) -> bool:
        for one in part:
            if _tag(one) not in _KNOWN:
                self._say(one, f"there is no permission <{_tag(one)[:40]}>")
        return any(_tag(one) == _SERVICE for one in part)

    def _say(self, element: etree._Element, sentence: str) -> None:
        self.findings.append(Finding(_line(element), sentence))


def _same(dn: str) -> Pattern:
    """GridSite writes DNs also with `%20` and the like."""
    return Pattern((unquote(dn) if "%" in dn else dn,))


def _rule(who: _Who, allow: frozenset[Right], deny: frozenset[Right], where: str) -> Rule:
    shown = ", ".join(f"{criterion} {' or '.join(one.text for one in patterns[:3])}" for criterion, patterns in who)
    return Rule(who=who, allow=allow, deny=deny, where=where, shown=shown or "anybody")


def _parse(raw: bytes, name: str) -> etree._Element:
    try:
        return read_tree(raw, MOST_DEPTH, instructions=True)
    except BadXml as error:
        text = _WRONG[error.wrong].format(error.message)
        raise BadRules([Finding(1 if error.wrong is Wrong.DOCTYPE else error.line, text)], name) from error


_WRONG = {
    Wrong.SIZE: "its elements are too many, or too deep in each other",
    Wrong.SYNTAX: "this is no XML: {}",
    Wrong.DOCTYPE: "a document type has no place here",
}


def _tag(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else "&;"


def _line(element: etree._Element) -> int:
    return element.sourceline or 0
