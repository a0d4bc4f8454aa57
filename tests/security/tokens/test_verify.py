"""Tokens as they come: signatures, algorithms, keys that rotate, issuers that are silent or strangers."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode

import pytest
from joserfc.jwk import ECKey, RSAKey

from gridwms.security.authenticate import Shown
from gridwms.security.identity import Identity
from gridwms.security.tokens.claims import BadToken, Rules
from gridwms.security.tokens.keys import BELIEVED, FRESH, PAUSE, IssuerKeys, IssuerSilent, KeysMissing
from gridwms.security.tokens.verify import Issuer, JsonWebTokens
from tests.services import token_issuer


class Stage:
    """A service that trusts one issuer, and a clock that stands still."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.issuer = token_issuer.Issuer()
        self.keys = IssuerKeys(self.issuer.fetch, lambda: self.now)
        known = Issuer(name="test", url=self.issuer.url, rules=Rules(audiences=("https://wms.example",)), vo="testvo")
        self.tokens = JsonWebTokens({known.url: known}, self.keys, lambda: self.now)

    def identify(self, token: str) -> Identity | None:
        """As the desk does it: what is missing is fetched, once."""
        try:
            return self.tokens.identify(Shown(bearer=token))
        except KeysMissing as missing:
            missing.fetch()
        return self.tokens.identify(Shown(bearer=token))

    def why_not(self, token: str) -> str:
        with pytest.raises(BadToken) as refusal:
            self.identify(token)
        assert token[-20:] not in refusal.value.sentence + refusal.value.advice, "no secret in a message"
        return refusal.value.sentence


@pytest.fixture
def stage() -> Stage:
    return Stage()


def unsigned(header: object, claims: object) -> str:
    return ".".join(urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in (header, claims)) + "."


def test_a_good_token_is_somebody(stage: Stage) -> None:
    for key in stage.issuer.keys:
        found = stage.identify(stage.issuer.token(stage.now, key=key, wlcg__groups=["/testvo/prod"]))
        assert found is not None
        assert (found.subject, found.known_as, found.vo) == ("alice@test", "alice", "testvo")
        assert (found.groups, found.scopes, found.issuer) == (("/testvo/prod",), None, stage.issuer.url)
        assert found.ends is not None and found.ends.timestamp() == stage.now + 3600
    assert len(stage.issuer.asked) == 2, "the keys were fetched once"


def test_what_is_no_such_token_is_left_to_others(stage: Stage) -> None:
    for token in ("", "gridwms-secret", "a.b.c", "a.b.c.d", f"{'x' * 20}.{'y' * 20}.z"):
        assert stage.tokens.identify(Shown(bearer=token)) is None


def test_no_signature_and_shared_secrets_are_refused(stage: Stage) -> None:
    claims = stage.issuer.claims(stage.now)
    assert "signed by 'none'" in stage.why_not(unsigned({"alg": "none"}, claims))
    assert "signed by 'NONE'" in stage.why_not(unsigned({"alg": "NONE"}, claims))
    public = stage.issuer.keys[0].as_pem(private=False)
    head = unsigned({"alg": "HS256", "kid": "rsa0"}, claims).removesuffix(".")
    secret = hmac.digest(public, head.encode(), "sha256")
    forged = f"{head}.{urlsafe_b64encode(secret).rstrip(b'=').decode()}"
    assert "signed by 'HS256'" in stage.why_not(forged), "the public key is no secret of an HMAC"
    assert "asks for what is not understood" in stage.why_not(unsigned({"alg": "RS256", "kid": 1}, claims))
    assert "asks for what is not understood" in stage.why_not(unsigned({"alg": "RS256", "crit": ["x"]}, claims))


def test_a_swapped_key_and_changed_claims_are_refused(stage: Stage) -> None:
    stranger = RSAKey.generate_key(2048, {"kid": stage.issuer.keys[0].kid or ""})
    assert "signature is not that of its issuer" in stage.why_not(stage.issuer.token(stage.now, key=stranger))
    head, _claims, signature = stage.issuer.token(stage.now).split(".")
    _head, other, _signature = stage.issuer.token(stage.now, sub="root").split(".")
    assert "signature is not" in stage.why_not(f"{head}.{other}.{signature}")
    confused = stage.issuer.token(stage.now, header={"kid": stage.issuer.keys[1].kid})
    assert "is none that the issuer" in stage.why_not(confused), "a key of another kind"


def test_strangers_and_large_tokens_are_refused(stage: Stage) -> None:
    other = token_issuer.Issuer("https://stranger.example/")
    assert "'https://stranger.example/' is not trusted here" in stage.why_not(other.token(stage.now))
    assert stage.issuer.asked == [], "a stranger makes nobody ask anything"
    assert "8192 are allowed" in stage.why_not(stage.issuer.token(stage.now, scope="storage.read:/a " * 700))


def test_keys_rotate_without_a_pause(stage: Stage) -> None:
    old = stage.issuer.token(stage.now)
    assert stage.identify(old)
    stage.issuer.rotate()
    new = stage.issuer.token(stage.now)
    assert "is none that the issuer" in stage.why_not(new), "asked a moment ago: not again for any token that comes"
    stage.now += PAUSE
    assert stage.identify(new) and stage.identify(old)
    stage.issuer.rotate(drop=True)
    assert stage.identify(old), "kept while it is fresh"
    stage.now += FRESH
    assert "is none that the issuer" in stage.why_not(
        stage.issuer.token(stage.now, key=RSAKey.generate_key(2048, {"kid": "gone"}))
    )
    assert stage.identify(stage.issuer.token(stage.now))


def test_a_flood_of_unknown_keys_asks_once(stage: Stage) -> None:
    stage.identify(stage.issuer.token(stage.now))
    for number in range(20):
        key = ECKey.generate_key("P-256", {"kid": f"k{number}"})
        assert "is none that the issuer" in stage.why_not(stage.issuer.token(stage.now, key=key))
    assert len(stage.issuer.asked) == 2


def test_a_silent_issuer_is_believed_for_two_days(stage: Stage) -> None:
    assert stage.identify(stage.issuer.token(stage.now))
    stage.issuer.silent = True
    stage.now += FRESH + PAUSE
    assert stage.identify(stage.issuer.token(stage.now))
    assert "no route to host" in stage.keys.troubles()[stage.issuer.url]
    stage.now += BELIEVED
    with pytest.raises(IssuerSilent, match="no route to host"):
        stage.identify(stage.issuer.token(stage.now))
    stage.issuer.silent = False
    stage.now += PAUSE
    assert stage.identify(stage.issuer.token(stage.now)) and stage.keys.troubles() == {}


@pytest.mark.parametrize(
    ("configuration", "keys", "words"),
    [
        (b"no json", b"{}", "no JSON"),
        (b"[]", b"{}", "no JSON object"),
        (b'{"issuer": "https://other.example/", "jwks_uri": "https://x/"}', b"{}", "names another issuer"),
        (b'{"issuer": "https://issuer.example/", "jwks_uri": "http://x/"}', b"{}", "https address"),
        (b'{"issuer": "https://issuer.example/", "jwks_uri": "https://x/"}', b'{"keys": 1}', "no list of keys"),
        (
            b'{"issuer": "https://issuer.example/", "jwks_uri": "https://x/"}',
            b'{"keys": [{"kty": "oct", "k": "AAAA"}]}',
            "no key",
        ),
        (b"[" * 100_000, b"{}", "no JSON"),
    ],
)
def test_issuers_that_answer_nonsense(configuration: bytes, keys: bytes, words: str) -> None:
    asked = IssuerKeys(lambda url: keys if url == "https://x/" else configuration, lambda: 0.0)
    asked.fetch("https://issuer.example/")
    assert words in asked.troubles()["https://issuer.example/"]


def test_weak_and_foreign_keys_are_left_out() -> None:
    good = ECKey.generate_key("P-256", {"kid": "good"}).as_dict(private=False)
    weak = {"kty": "RSA", "n": "u" * 171, "e": "AQAB", "kid": "weak"}
    keys = {
        "keys": [
            weak,
            {"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "okp"},
            7,
            good | {"use": "enc", "kid": "enc"},
            good,
        ]
    }
    answers = {
        "https://i.example/.well-known/openid-configuration": {
            "issuer": "https://i.example",
            "jwks_uri": "https://i.example/k",
        }
    }
    answers["https://i.example/k"] = keys
    asked = IssuerKeys(lambda url: json.dumps(answers[url]).encode(), lambda: 0.0)
    asked.fetch("https://i.example")
    assert asked.key("https://i.example", "good", "ES256") and asked.key("https://i.example", "", "ES256")
    for ident in ("weak", "okp", "enc"):
        with pytest.raises(BadToken):
            asked.key("https://i.example", ident, "RS256" if ident == "weak" else "ES256")
