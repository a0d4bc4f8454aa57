"""Sending mail through the operator's server."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from enum import StrEnum

from gridwms.channels.errors import BadTarget, Undelivered

_SECONDS = 30.0
_MAX_ADDRESS = 254


class Security(StrEnum):
    """How the connection to the server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail. `ident`: the same for the same contents, so that one that came twice is known as such."""

    to: str
    subject: str
    text: str
    ident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailer:
    """`domains`: whose addresses may be written to; none: any. `user` "": no login."""

    host: str
    port: int
    security: Security = Security.STARTTLS
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    domains: Sequence[str] = ()
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = _SECONDS

    def check(self, address: str) -> None:
        """Return when mail may go there; else raise BadTarget."""
        domain = read_address(address).domain.lower()
        if self.domains and not any(
            domain == one or domain.endswith(f".{one}") for one in map(str.lower, self.domains)
        ):
            raise BadTarget(f"mail goes to {', '.join(self.domains)} only, not to {domain}")

    def send(self, mail: Mail) -> None:
        """Hand a mail to the server; when this returns it has it. Raises Undelivered."""
        try:
            with self._server() as server:
                server.send_message(self._message(mail))
        except smtplib.SMTPRecipientsRefused as error:
            [(code, said)] = error.recipients.values()
            raise Undelivered(f"The mail server refuses {mail.to}: {code} {_text(said)}.") from error
        except smtplib.SMTPAuthenticationError as error:
            raise Undelivered("The mail server does not accept the login of this service.") from error
        except smtplib.SMTPResponseException as error:
            raise Undelivered(f"The mail server answered: {error.smtp_code} {_text(error.smtp_error)}.") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Undelivered(f"The mail server does not take the mail ({error}).") from error

    def _server(self) -> smtplib.SMTP:
        if self.security is Security.TLS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.seconds, context=self.trust)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.seconds)
        try:
            if self.security is Security.STARTTLS:
                server.starttls(context=self.trust)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = mail.to
        message["Subject"] = " ".join(mail.subject.split())
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{mail.ident}@{read_address(self.sender).domain}>"
        # No answers from absence notices, please (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message


def read_address(text: str) -> Address:
    """A mail address. Raises BadTarget."""
    if len(text) > _MAX_ADDRESS or not text.isascii() or not text.isprintable():
        raise BadTarget(f"'{text[:100]}' is no mail address")
    try:
        found = Address(addr_spec=text)
    except (ValueError, IndexError, AttributeError, HeaderParseError) as error:
        raise BadTarget(f"'{text[:100]}' is no mail address") from error
    if not (found.username and found.domain):
        raise BadTarget(f"'{text[:100]}' is no mail address")
    return found


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:200]
