"""Chains of certificates: whom they prove, and everything that is wrong with the others."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from cryptography import x509

from gridwms.x509.chain import Chain, Rules, verify
from gridwms.x509.errors import CertificateRefused
from gridwms.x509.revoked import revocations_of
from gridwms.x509.trust import Anchors
from tests.x509 import making
from tests.x509.making import NOW, Made, authority, legacy_proxy, proxy, user

CA = authority()
ALICE = user(CA)
HOUR = timedelta(hours=1)


def anchors(*trusted: Made, policies: dict[str, tuple[str, ...]] | None = None) -> Anchors:
    return Anchors({one.certificate.subject: (one.certificate,) for one in trusted}, {}, policies or {})


def check(*shown: Made, trust: Anchors | None = None, rules: Rules | None = None) -> Chain:
    return verify([one.certificate for one in shown], trust or anchors(CA), NOW, rules)


def test_a_user() -> None:
    chain = check(ALICE)
    assert (chain.subject, chain.issuer) == ("/DC=org/O=Users/CN=Alice", "/DC=org/CN=Test CA")
    assert not chain.limited
    assert chain.end_entity == ALICE.certificate


def test_a_proxy_of_a_proxy_in_any_order_among_others() -> None:
    between = authority("/DC=org/CN=Between", CA)
    bob = user(between, "/DC=org/O=Users/CN=Bob")
    one = proxy(bob)
    two = proxy(one, common_name="99")
    for rest in itertools.permutations((one, bob, between, ALICE, CA)):
        chain = check(two, *rest)
        assert chain.subject == "/DC=org/O=Users/CN=Bob"
        assert chain.path == (two.certificate, one.certificate, bob.certificate)
        assert chain.authorities == (between.certificate, CA.certificate)


def test_a_limited_proxy_limits_all_below() -> None:
    limited = proxy(ALICE, language=making.LIMITED)
    assert check(proxy(limited), limited, ALICE).limited


def test_no_proxy_outlives_what_it_was_made_from() -> None:
    short = proxy(ALICE, ends=HOUR)
    assert check(proxy(short, ends=5 * HOUR), short, ALICE).ends == NOW + HOUR


def test_a_legacy_proxy_where_the_operator_allows_it() -> None:
    old = legacy_proxy(ALICE)
    chain = check(old, ALICE, rules=Rules(legacy_proxies=True))
    assert chain.subject == "/DC=org/O=Users/CN=Alice"
    assert check(legacy_proxy(old, "limited proxy"), old, ALICE, rules=Rules(legacy_proxies=True)).limited


def test_a_user_whose_name_ends_like_a_legacy_proxy_is_a_user() -> None:
    assert check(user(CA, "/DC=org/O=Users/CN=proxy")).subject == "/DC=org/O=Users/CN=proxy"


def wrong_extension(critical: bool) -> Callable[[], Sequence[Made]]:
    odd = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), critical)
    return lambda: (proxy(ALICE, more=[odd]), ALICE)


def test_an_unknown_extension_that_is_not_critical_does_no_harm() -> None:
    check(*wrong_extension(False)())


def of_path_length(length: int) -> Sequence[Made]:
    top = proxy(ALICE, path_length=length)
    middle = proxy(top)
    return proxy(middle), middle, top, ALICE


def test_a_path_length_that_is_kept() -> None:
    check(*of_path_length(2))


def seven_deep() -> Sequence[Made]:
    chain = [ALICE]
    for _ in range(7):
        chain.insert(0, proxy(chain[0]))
    return chain


def mixed() -> Sequence[Made]:
    old = legacy_proxy(ALICE)
    return proxy(old), old, ALICE


def another_ones_proxy() -> Sequence[Made]:
    """Bob signs a proxy that bears Alice's name."""
    bob = user(CA, "/DC=org/O=Users/CN=Bob")
    stolen = Made(ALICE.certificate, bob.key)
    return proxy(stolen), ALICE


def under_a_user() -> Sequence[Made]:
    """Alice signs a certificate as if she were an authority."""
    return user(ALICE, "/DC=org/O=Users/CN=Root"), ALICE


NARROW = authority("/DC=org/CN=Narrow", path_length=0)
BELOW = authority("/DC=org/CN=Below", NARROW)
NO_SIGNING = making.make("/DC=org/O=Users/CN=Dumb", CA, extensions=[making.usage("key_encipherment")], serial=7)

REFUSED: list[tuple[str, Callable[[], Sequence[Made]], str]] = [
    ("nothing", lambda: (), "No certificate"),
    ("expired user", lambda: (user(CA, ends=-timedelta(seconds=1)),), "expired"),
    ("expired proxy", lambda: (proxy(ALICE, ends=-timedelta(seconds=1)), ALICE), "The proxy .* expired"),
    ("expired in the middle", lambda: (proxy(p := proxy(ALICE, ends=-timedelta(seconds=1))), p, ALICE), "expired"),
    ("not yet valid", lambda: (proxy(ALICE, begins=timedelta(seconds=6)), ALICE), "valid only from"),
    ("unknown authority", lambda: (user(authority("/DC=org/CN=Other")),), "does not know"),
    ("authority of the same name", lambda: (user(authority()),), "does not know"),
    ("signer not shown", lambda: (proxy(ALICE),), "was not shown"),
    ("path length 0", lambda: of_path_length(0), "allows 0 further"),
    ("path length 1", lambda: of_path_length(1), "allows 1 further"),
    ("too many proxies", seven_deep, "more than 6 proxies"),
    ("legacy", lambda: (legacy_proxy(ALICE), ALICE), "old kind"),
    ("independent", lambda: (proxy(ALICE, language=making.INDEPENDENT), ALICE), "independent"),
    ("restricted", lambda: (proxy(ALICE, language="1.2.3"), ALICE), "restricted by a policy"),
    ("independent in the middle", lambda: (proxy(p := proxy(ALICE, language=making.INDEPENDENT)), p, ALICE), "indep"),
    ("not critical", lambda: (proxy(ALICE, critical=False), ALICE), "critical"),
    ("signed by another", another_ones_proxy, "was not shown"),
    ("a user as an authority", under_a_user, "no authority's"),
    ("an authority itself", lambda: (CA,), "is an authority's"),
    ("a proxy of an authority", lambda: (proxy(CA), CA), "authority directly"),
    ("critical unknown extension", wrong_extension(True), "critical extension 1.2.3.4"),
    ("a signer that may not sign", lambda: (proxy(NO_SIGNING), NO_SIGNING), "may not sign"),
    ("33 certificates", lambda: [ALICE] * 33, "at most 32"),
]


@pytest.mark.parametrize(("made", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused(made: Callable[[], Sequence[Made]], words: str) -> None:
    with pytest.raises(CertificateRefused, match=words):
        check(*made())


def test_mixed_kinds_of_proxies() -> None:
    with pytest.raises(CertificateRefused, match="mixes"):
        check(*mixed(), rules=Rules(legacy_proxies=True))


def test_an_authority_with_too_many_below_it() -> None:
    with pytest.raises(CertificateRefused, match="allows 0 authorities"):
        check(user(BELOW), BELOW, trust=anchors(NARROW))


def test_names_that_the_signing_policy_does_not_take() -> None:
    policy = {"/DC=org/CN=Test CA": ("/DC=org/O=Users/*",)}
    check(ALICE, trust=anchors(CA, policies=policy))
    with pytest.raises(CertificateRefused, match="signing policy"):
        check(user(CA, "/DC=net/O=Users/CN=Alice"), trust=anchors(CA, policies=policy))


def test_names_beyond_the_constraints_of_the_authority() -> None:
    limits = x509.NameConstraints([x509.DirectoryName(making.name("/DC=org/O=Users"))], None)
    extensions = [(x509.BasicConstraints(True, None), True), (limits, True)]
    narrow = making.make("/DC=org/CN=Constrained", extensions=extensions)
    check(user(narrow), trust=anchors(narrow))
    with pytest.raises(CertificateRefused, match="constrained"):
        check(user(narrow, "/DC=org/O=Hosts/CN=x"), trust=anchors(narrow))


class TestRevocation:
    def against(self, crl: x509.CertificateRevocationList, *, by: Made = CA) -> Chain:
        trust = Anchors(
            {CA.certificate.subject: (CA.certificate,)},
            {CA.certificate.subject: (revocations_of(crl, [by.certificate]),)},
        )
        one = proxy(ALICE)
        return check(one, ALICE, trust=trust)

    def test_another_one_is_revoked(self) -> None:
        self.against(making.revocations(CA, user(CA)))

    def test_this_one_is(self) -> None:
        with pytest.raises(CertificateRefused, match="was revoked"):
            self.against(making.revocations(CA, ALICE))

    def test_a_list_that_has_run_out(self) -> None:
        with pytest.raises(CertificateRefused, match="has run out"):
            self.against(making.revocations(CA, ends=-timedelta(seconds=1)))

    def test_a_list_signed_by_somebody_else(self) -> None:
        with pytest.raises(CertificateRefused, match="not signed by it"):
            self.against(making.revocations(authority(), ALICE))

    def test_no_list_where_one_is_required(self) -> None:
        with pytest.raises(CertificateRefused, match="missing"):
            check(ALICE, rules=Rules(require_crl=True))
