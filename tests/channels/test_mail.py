"""Mail over TLS with a login, to a real server; and what a server may say instead."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.channels.errors import BadTarget, Undelivered
from gridwms.channels.mail import Mail, Mailer, Security
from tests.channels.receiver import mail_server
from tests.services.certificates import certificate

MAIL = Mail(to="ann@grid.example", subject="a\nb", text="Grüße\n.\nend", ident="k-1-2")


def mailer(port: int, **more: object) -> Mailer:
    return replace(Mailer(host="localhost", port=port, security=Security.NONE, sender="gridwms@grid.example"), **more)


def test_starttls_and_login(tmp_path: Path) -> None:
    made = certificate(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made.certificate, made.key)
    trust = ssl.create_default_context(cafile=str(made.certificate))
    with mail_server(("service", "s3cret"), tls_context=server, require_starttls=True) as box:
        good = mailer(box.port, security=Security.STARTTLS, user="service", password="s3cret", trust=trust)
        good.send(MAIL)
        assert box.mails[0].get_content().replace("\r\n", "\n") == "Grüße\n.\nend\n"
        assert (box.mails[0]["Subject"], box.mails[0]["Message-ID"]) == ("a b", "<k-1-2@grid.example>")
        with pytest.raises(Undelivered, match="does not accept the login") as refused:
            replace(good, password="wrong").send(MAIL)
        assert "wrong" not in str(refused.value)
        with pytest.raises(Undelivered, match="certificate"):
            replace(good, trust=ssl.create_default_context()).send(MAIL)
    assert "s3cret" not in repr(good)


def test_a_server_that_is_away() -> None:
    with pytest.raises(Undelivered, match="does not take the mail"):
        mailer(1).send(MAIL)


def test_only_to_domains_that_the_operator_allows() -> None:
    limited = mailer(1, domains=("Grid.example",))
    limited.check("ann@grid.example")
    limited.check("ann@sub.GRID.example")
    for address in ("ann@other.example", "ann@evilgrid.example"):
        with pytest.raises(BadTarget, match=r"to Grid.example only"):
            limited.check(address)
