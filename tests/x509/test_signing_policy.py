"""Signing policies: the EACL files of the grid's authorities."""

from __future__ import annotations

import pytest

from gridwms.x509.errors import BadCredential
from gridwms.x509.signing_policy import may_sign, read_signing_policy

TEXT = """
# of an authority
access_id_CA   X509    '/C=XX/CN=One CA'
pos_rights     globus  CA:sign
cond_subjects  globus  '"/C=XX/O=Users/*" "/C=XX/O=Host [1]/*"'

access_id_CA X509 "/C=XX/CN=Two CA"
pos_rights globus CA:sign
cond_subjects globus '/C=YY/*'
access_id_CA X509 '/C=XX/CN=Three CA'
neg_rights globus CA:sign
cond_subjects globus '"*"'
"""


@pytest.mark.parametrize(
    ("authority", "subject", "allowed"),
    [
        ("/C=XX/CN=One CA", "/C=XX/O=Users/CN=a/CN=b", True),
        ("/C=XX/CN=One CA", "/c=xx/o=users/CN=a", True),
        ("/C=XX/CN=One CA", "/C=XX/O=Host [1]/CN=a", True),
        ("/C=XX/CN=One CA", "/C=XX/O=Host 1/CN=a", False),
        ("/C=XX/CN=One CA", "/C=YY/CN=a", False),
        ("/C=XX/CN=Two CA", "/C=YY/CN=a", True),
        ("/C=XX/CN=Two CA", "/prefix/C=YY/CN=a", False),
        ("/C=XX/CN=Three CA", "/C=XX/CN=a", False),
        ("/C=XX/CN=Without a policy", "/C=XX/CN=a", True),
    ],
)
def test_whom_an_authority_may_sign(authority: str, subject: str, allowed: bool) -> None:
    assert may_sign(read_signing_policy(TEXT, "a file"), authority, subject) is allowed


def test_a_broken_line_is_named() -> None:
    with pytest.raises(BadCredential, match="a file, line 2"):
        read_signing_policy("\naccess_id_CA X509 '/C=XX\n", "a file")
