"""Where webhooks may go, and where not."""

from __future__ import annotations

import pytest

from gridwms.channels.address import Reach, read_networks, read_url
from gridwms.channels.errors import BadTarget
from gridwms.channels.outlets import Kind, read_target

INNER = [
    "127.0.0.1",
    "127.9.9.9",
    "::1",
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",
    "fe80::1%eth0",
    "fc00::1",
    "100.64.0.1",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "192.0.2.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", INNER)
def test_inner_addresses_are_refused(address: str) -> None:
    with pytest.raises(BadTarget, match="not a public one"):
        Reach().check(address, https=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_ones_are_for_https_alone(address: str) -> None:
    Reach().check(address, https=True)
    with pytest.raises(BadTarget, match="use https"):
        Reach().check(address, https=False)


def test_what_the_operator_names_is_open() -> None:
    reach = Reach(read_networks(["10.1.0.0/16", "fd00::/8"]))
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd12::1"):
        reach.check(address, https=False)
    for address in ("10.2.0.1", "127.0.0.1", "fc00::1"):
        with pytest.raises(BadTarget):
            reach.check(address, https=True)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "https://",
        "https:///path",
        "https://ann:secret@a.example/",
        "https://a.example:22/",
        "https://a.example:0x50/",
        "https://a.example/\nHost: b",
        "https://a.example/ b",
        "https://a.example/#part",
        "https://ä.example/",
        "https://a.example/" + "x" * 2000,
        "nonsense",
        "",
    ],
)
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(BadTarget):
        read_url(url)


@pytest.mark.parametrize(
    ("text", "kind", "target"),
    [
        ("https://a.example/hook?x=1", Kind.WEBHOOK, "https://a.example/hook?x=1"),
        ("http://[::1]:8080/", Kind.WEBHOOK, "http://[::1]:8080/"),
        ("mailto:ann@a.example", Kind.MAIL, "ann@a.example"),
        (" ann@a.example ", Kind.MAIL, "ann@a.example"),
    ],
)
def test_targets(text: str, kind: Kind, target: str) -> None:
    assert read_target(text) == (kind, target)


@pytest.mark.parametrize(
    "text",
    ["mailto:", "ann@", "@a.example", "ann@a.example\nBcc: b@c.d", "a b@c.d", "mailto:a@b.c,d@e.f", "x" * 300 + "@a.b"],
)
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(BadTarget):
        read_target(text)
