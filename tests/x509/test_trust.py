"""The directory of trusted authorities, read again when it changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gridwms.x509.errors import BadCredential
from gridwms.x509.trust import LOOK_SECONDS, Trust, read_anchors
from tests.x509 import making


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_directory_with_all_kinds_of_files(tmp_path: Path) -> None:
    one, two = making.authority("/DC=org/CN=One"), making.authority("/DC=org/CN=Two")
    (tmp_path / "12345678.0").write_bytes(one.pem)
    (tmp_path / "abcdef01.0").write_bytes(b"A comment\n" + one.pem)
    (tmp_path / "two.pem").write_bytes(two.certificate.public_bytes(Encoding.DER))
    (tmp_path / "12345678.r0").write_bytes(making.revocations(one).public_bytes(Encoding.PEM))
    (tmp_path / "12345678.signing_policy").write_text("access_id_CA X509 '/DC=org/CN=One'\n")
    (tmp_path / "broken.0").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    (tmp_path / "README.info").write_text("nothing of use")
    anchors = read_anchors(tmp_path)
    assert anchors.certificates == {made.certificate.subject: (made.certificate,) for made in (one, two)}
    assert [found.sound for found in anchors.revocations[one.certificate.subject]] == [True]
    assert anchors.policies == {"/DC=org/CN=One": ()}


def test_what_changes_on_disk_is_taken_over(tmp_path: Path) -> None:
    one, two = making.authority("/DC=org/CN=One"), making.authority("/DC=org/CN=Two")
    (tmp_path / "one.0").write_bytes(one.pem)
    clock = Clock()
    trust = Trust(tmp_path, clock)
    (tmp_path / "two.0").write_bytes(two.pem)
    assert two.certificate.subject not in trust.anchors.certificates
    clock.now = LOOK_SECONDS
    assert set(trust.anchors.certificates) == {one.certificate.subject, two.certificate.subject}
    (tmp_path / "one.0").unlink()
    clock.now = 2 * LOOK_SECONDS
    assert set(trust.anchors.certificates) == {two.certificate.subject}


def test_a_directory_that_goes_away_leaves_the_last_anchors(tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    folder.mkdir()
    (folder / "one.0").write_bytes(making.authority().pem)
    clock = Clock()
    trust = Trust(folder, clock)
    folder.rename(tmp_path / "elsewhere")
    clock.now = LOOK_SECONDS
    assert len(trust.anchors.certificates) == 1


def test_a_missing_directory_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadCredential, match="cannot be read"):
        read_anchors(tmp_path / "missing")
