"""VOMS attributes: those of a real voms-proxy-init, and everything that a forger would try."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gridwms.x509.chain import verify
from gridwms.x509.errors import AttributesRefused
from gridwms.x509.pem import certificates_in
from gridwms.x509.trust import Anchors
from gridwms.x509.voms.trust import Believed, VomsDirectory, read_lsc
from gridwms.x509.voms.verify import Attributes, attributes_of
from tests.x509.making import NOW, Made, authority, proxy, user
from tests.x509.voms.making import attributes, proxy_with

DATA = Path(__file__).parent / "data"
CA = authority()
ALICE = user(CA)
SERVER = user(CA, "/DC=org/O=Hosts/CN=voms.example.org")
OTHER = user(CA, "/DC=org/O=Hosts/CN=other.example.org")
LSC = (("/DC=org/O=Hosts/CN=voms.example.org", "/DC=org/CN=Test CA"),)
ANCHORS = Anchors({CA.certificate.subject: (CA.certificate,)})


def read(
    *shown: Made, chains: tuple[tuple[str, ...], ...] = LSC, hosts: Sequence[str] = ("wms.example.org",)
) -> Attributes:
    def believed(vo: str, host: str) -> Believed:
        return Believed(chains) if (vo, host) == ("testvo", "voms.example.org") else Believed()

    chain = verify([one.certificate for one in shown], ANCHORS, NOW)
    return attributes_of(chain, believed, ANCHORS, NOW, hosts)


def test_a_real_one() -> None:
    """Made with voms-proxy-fake of VOMS 2.1."""
    (anchor,) = certificates_in((DATA / "authority.pem").read_bytes(), "authority.pem")
    anchors = Anchors({anchor.subject: (anchor,)})
    now = datetime(2026, 11, 21, 23, tzinfo=UTC)
    chain = verify(certificates_in((DATA / "proxy.pem").read_bytes(), "proxy.pem"), anchors, now)
    chains = read_lsc((DATA / "localhost.lsc").read_text())
    found = attributes_of(chain, lambda vo, host: Believed(chains), anchors, now)
    assert (found.vo, found.fqans) == ("testvo", ("/testvo/Role=production", "/testvo"))
    assert found.ends == datetime(2026, 11, 22, 9, 54, 52, tzinfo=UTC)


def test_the_order_is_kept_and_a_proxy_of_the_proxy_has_them_too() -> None:
    one = proxy_with(ALICE, attributes(ALICE.certificate, SERVER))
    for shown in ((one, ALICE), (proxy(one), one, ALICE)):
        assert read(*shown).fqans == ("/testvo/Role=production", "/testvo")


def test_the_lowest_attributes_count() -> None:
    one = proxy_with(ALICE, attributes(ALICE.certificate, SERVER))
    two = proxy_with(one, attributes(one.certificate, SERVER, fqans=["/testvo/group"]))
    assert read(two, one, ALICE).fqans == ("/testvo/group",)


def test_a_proxy_without_attributes() -> None:
    assert read(proxy(ALICE), ALICE) == Attributes()


def test_a_certificate_of_the_server_in_the_directory_is_enough(tmp_path: Path) -> None:
    folder = tmp_path / "testvo"
    folder.mkdir()
    (folder / "server.pem").write_bytes(SERVER.pem)
    one = proxy_with(ALICE, attributes(ALICE.certificate, SERVER, signers=[]))
    chain = verify([one.certificate, ALICE.certificate], ANCHORS, NOW)
    assert attributes_of(chain, VomsDirectory(tmp_path).believed, ANCHORS, NOW).vo == "testvo"


def test_a_target_that_is_this_service() -> None:
    assert read(proxy_with(ALICE, attributes(ALICE.certificate, SERVER, target="wms.example.org")), ALICE).fqans


LATE = NOW - timedelta(seconds=1)
UNHEARD: list[tuple[str, Callable[[], bytes], str]] = [
    ("expired", lambda: attributes(ALICE.certificate, SERVER, ends=LATE), "expired"),
    ("not yet", lambda: attributes(ALICE.certificate, SERVER, begins=NOW + timedelta(minutes=6)), "valid only from"),
    ("elsewhere", lambda: attributes(ALICE.certificate, SERVER, target="ce.example.org"), "meant for ce.example.org"),
    (
        "a VO that is not known here",
        lambda: attributes(ALICE.certificate, SERVER, authority="far://voms.example.org:1", fqans=["/far"]),
        "not known",
    ),
]


@pytest.mark.parametrize(("made", "words"), [case[1:] for case in UNHEARD], ids=[case[0] for case in UNHEARD])
def test_what_counts_for_nothing_is_told(made: Callable[[], bytes], words: str) -> None:
    found = read(proxy_with(ALICE, made()), ALICE)
    assert (found.vo, found.fqans, found.ends) == ("", (), None)
    assert words in found.unheard[0]


def test_of_two_the_sound_one_counts() -> None:
    both = (
        attributes(ALICE.certificate, SERVER, ends=LATE),
        attributes(ALICE.certificate, SERVER, fqans=["/testvo/x"]),
    )
    found = read(proxy_with(ALICE, *both), ALICE)
    assert found.fqans == ("/testvo/x",)
    assert len(found.unheard) == 1


def changed() -> bytes:
    raw = attributes(ALICE.certificate, SERVER)
    return raw.replace(b"Role=production", b"Role=Production", 1)


FORGED: list[tuple[str, Callable[[], bytes], str]] = [
    ("another holder", lambda: attributes(user(CA).certificate, SERVER), "another holder"),
    ("another key", lambda: attributes(ALICE.certificate, SERVER, key=OTHER.key), "signature is wrong"),
    ("changed after signing", changed, "signature is wrong"),
    ("another server", lambda: attributes(ALICE.certificate, OTHER), "not what voms.example.org.lsc"),
    ("signed by the user", lambda: attributes(ALICE.certificate, ALICE), "not what voms.example.org.lsc"),
    ("without the signer", lambda: attributes(ALICE.certificate, SERVER, signers=[]), "not with them"),
    ("another VO's name", lambda: attributes(ALICE.certificate, SERVER, fqans=["/atlas"]), "not its own"),
    ("a VO that begins alike", lambda: attributes(ALICE.certificate, SERVER, fqans=["/testvolunteers"]), "not its own"),
    ("no FQAN", lambda: attributes(ALICE.certificate, SERVER, fqans=["/testvo/ *"]), "is no FQAN"),
    ("no FQAN at all", lambda: attributes(ALICE.certificate, SERVER, fqans=[]), "hold no FQAN"),
    ("no server", lambda: attributes(ALICE.certificate, SERVER, authority="testvo"), "VO://HOST:PORT"),
    (
        "1,001 FQANs",
        lambda: attributes(ALICE.certificate, SERVER, fqans=[f"/testvo/g{i}" for i in range(1001)]),
        "1000",
    ),
    (
        "a critical extension",
        lambda: attributes(
            ALICE.certificate, SERVER, extensions=[{"extn_id": "1.2.3", "critical": True, "extn_value": b""}]
        ),
        "critical extension 1.2.3",
    ),
]


@pytest.mark.parametrize(("made", "words"), [case[1:] for case in FORGED], ids=[case[0] for case in FORGED])
def test_forged(made: Callable[[], bytes], words: str) -> None:
    with pytest.raises(AttributesRefused, match=words):
        read(proxy_with(ALICE, made()), ALICE)


def test_a_signer_of_an_unknown_authority() -> None:
    stranger = user(authority("/DC=org/CN=Test CA"), "/DC=org/O=Hosts/CN=voms.example.org")
    with pytest.raises(AttributesRefused, match="signer is not believed"):
        read(proxy_with(ALICE, attributes(ALICE.certificate, stranger)), ALICE)


def test_names_of_vos_do_not_leave_the_directory(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "h.lsc").write_text("/CN=x\n/CN=y\n")
    (tmp_path / "vomsdir").mkdir()
    directory = VomsDirectory(tmp_path / "vomsdir")
    assert not directory.believed("../outside", "h")
    assert not directory.believed("testvo", "../../outside/h")


def test_chains_of_an_lsc_file() -> None:
    text = "# a comment\n/CN=a\n/CN=b\n------ NEXT CHAIN ------\n/CN=c\n/CN=d\n"
    assert read_lsc(text) == (("/CN=a", "/CN=b"), ("/CN=c", "/CN=d"))
