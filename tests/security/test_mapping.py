"""One table says who certificates and tokens are here."""

from __future__ import annotations

import time

import pytest

from gridwms.rights.file import Row
from gridwms.security.identity import Identity
from gridwms.security.mapping import Mapper, NotMapped

TOKEN = Identity(
    subject="alice@wlcg", name="alice", issuer="https://wlcg.example/", vo="wlcg", groups=("/wlcg/prod", "/wlcg")
)
PROXY = Identity(subject="/DC=ch/CN=Alice", issuer="/DC=ch/CN=CA", vo="atlas", groups=("/atlas/Role=production",))


def test_without_a_table_names_stay() -> None:
    assert Mapper().mapped(TOKEN) == TOKEN


@pytest.mark.parametrize(
    ("row", "user", "vo"),
    [
        (Row(name="alice", user="alice"), "alice", "wlcg"),
        (Row(issuer="https://wlcg.example/", user="w-{name}", vo="other"), "w-alice", "other"),
        (Row(group="/wlcg/*", vo="production"), "alice@wlcg", "production"),
        (Row(name="bob", user="bob"), "alice@wlcg", "wlcg"),
        (Row(group="/atlas*", user="x"), "alice@wlcg", "wlcg"),
        (Row(issuer="https://*.example/", name="al?ce", user="y"), "y", "wlcg"),
    ],
)
def test_rows_fit_by_issuer_name_and_group(row: Row, user: str, vo: str) -> None:
    found = Mapper((row,)).mapped(TOKEN)
    assert (found.subject, found.vo, found.groups) == (user, vo, TOKEN.groups)


def test_the_first_row_counts_and_both_kinds_may_be_one_user() -> None:
    table = Mapper((Row(name="/DC=ch/CN=Alice", user="alice"), Row(name="alice", user="alice"), Row(user="nobody")))
    assert table.mapped(PROXY).subject == table.mapped(TOKEN).subject == "alice"


def test_some_are_nobody() -> None:
    with pytest.raises(NotMapped, match=r"alice of https://wlcg\.example/ is nobody here"):
        Mapper((Row(name="alice", refuse=True),)).mapped(TOKEN)
    with pytest.raises(NotMapped):
        Mapper((Row(name="bob"),), strict=True).mapped(TOKEN)
    with pytest.raises(NotMapped, match="cannot be the name"):
        Mapper((Row(user="{name}"),)).mapped(Identity(subject="x", name="a\x00b", issuer="i"))


def test_a_table_of_ten_thousand_names_is_not_gone_through() -> None:
    rows = [Row(name=f"/DC=org/CN=user {number}", user=f"u{number}") for number in range(10_000)]
    table = Mapper((*rows, Row(name="/DC=org/CN=user 7*", user="late")), strict=True)
    one = Identity(subject="/DC=org/CN=user 777", issuer="/DC=org/CN=CA")
    begin = time.process_time()
    for _ in range(1000):
        table.mapped(one)
    assert time.process_time() - begin < 0.2
    found = table.mapped(one)
    assert (found.subject, found.known_as) == ("u777", "/DC=org/CN=user 777"), "the first row counts; the DN is kept"
