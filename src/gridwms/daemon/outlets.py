"""From the configuration to the ways out of the service."""

from __future__ import annotations

import ssl
from pathlib import Path

from gridwms.channels.address import Reach, read_networks
from gridwms.channels.errors import BadTarget
from gridwms.channels.mail import Mailer, read_address
from gridwms.channels.outlets import Outlets
from gridwms.channels.webhook import Webhooks
from gridwms.daemon.config import BadConfig, Mail, Notify
from gridwms.security.capability import Capabilities
from gridwms.security.private_file import read


def build_outlets(notify: Notify, mail: Mail, capabilities: Capabilities) -> Outlets:
    """Raises BadConfig, UnsafeFile."""
    try:
        reach = Reach(read_networks(notify.networks))
    except ValueError as error:
        raise BadConfig(f"[notify] networks: {error}.") from error
    return Outlets(
        webhooks=Webhooks(reach, _trust("notify", notify.authority)),
        mailer=_mailer(mail) if mail.host else None,
        secret=lambda key: capabilities.derive("webhook", key),
    )


def _mailer(mail: Mail) -> Mailer:
    try:
        read_address(mail.sender)
    except BadTarget as error:
        raise BadConfig(f"[mail] sender: {error}; mail needs an address to come from.") from error
    if bool(mail.user) != bool(mail.password_file):
        raise BadConfig("[mail] user and password_file go together: give both, or neither.")
    try:
        password = read(Path(mail.password_file)) if mail.password_file else ""
    except FileNotFoundError as error:
        raise BadConfig(f"[mail] password_file '{mail.password_file}' is not there.") from error
    return Mailer(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        sender=mail.sender,
        user=mail.user,
        password=password,
        domains=mail.domains,
        trust=_trust("mail", mail.authority),
    )


def _trust(section: str, authority: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authority or None)
    except (OSError, ssl.SSLError) as error:
        raise BadConfig(f"[{section}] authority '{authority}' cannot be used: {error}.") from error
