"""File perusal by WMProxy: a list that stays, and what is new of each file told once."""

from __future__ import annotations

import html

from lxml import etree

from gridwms.api.wmproxy.faults import NAMESPACE
from tests.api.house import House
from tests.api.test_wmproxy import call

PEEKED = '[Executable = "/bin/date"; StdOutput = "out"; OutputSandbox = {"out"}; PerusalFileEnable = true]'


def soap(house: House, operation: str, **parts: str) -> tuple[int, list[str]]:
    """The status, and the items of the answer, or the description of the fault."""
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in parts.items())
    status, told = call(house, "ann", NAMESPACE, operation, inner)
    wanted = "Item" if status == 200 else "Description"
    return status, [html.unescape(one.text or "") for one in etree.fromstring(told.encode()).iter(wanted)]


def pieces(house: House, key: str, everything: str = "false", name: str = "out") -> list[str]:
    status, found = soap(house, "getPerusalFiles", jobId=key, file=name, allChunks=everything, protocol="https")
    assert status == 200, found
    return found


def test_each_piece_is_told_once(home: House) -> None:
    key, wrapper = home.running(PEEKED)
    assert soap(home, "enableFilePerusal", jobId=key, fileList="<Item>out</Item><Item>log</Item>")[0] == 200
    assert wrapper.get("/peek").text == "0 log\n0 out\n"
    assert pieces(home, key) == []
    assert wrapper.put("/peek/out?offset=0", content=b"abc").status_code == 201
    [first] = pieces(home, key)
    assert first == f"{home.url}/sandbox/{key}/peek/out-1.0-3"
    assert pieces(home, key) == []
    assert wrapper.put("/peek/out?offset=3", content=b"defg").status_code == 201
    [second] = pieces(home, key)
    assert pieces(home, key, "true") == [first, second]
    assert [home.http().get(one).content for one in (first, second)] == [b"abc", b"defg"]
    assert home.http().get(f"{first}0").status_code == 404
    assert home.http("bob").get(first).status_code == 403


def test_a_new_list_replaces_the_old_one_and_an_empty_one_ends_it(home: House) -> None:
    key, wrapper = home.running(PEEKED)
    soap(home, "enableFilePerusal", jobId=key, fileList="<Item>out</Item>")
    soap(home, "enableFilePerusal", jobId=key, fileList="<Item>log</Item>")
    assert wrapper.get("/peek").text == "0 log\n"
    status, [why] = soap(home, "getPerusalFiles", jobId=key, file="out", allChunks="1", protocol="")
    assert (status, why) == (500, "The Operation is not allowed: Perusal not enabled for the file 'out'")
    soap(home, "enableFilePerusal", jobId=key, fileList="")
    assert wrapper.get("/peek").text == ""
    assert wrapper.put("/peek/log?offset=0", content=b"abc").status_code == 404


def test_what_is_refused(home: House) -> None:
    plain, _wrapper = home.running('[Executable = "/bin/date"]')
    not_enabled = "The Operation is not allowed: Perusal not enabled for this job"
    assert soap(home, "enableFilePerusal", jobId=plain, fileList="<Item>out</Item>") == (500, [not_enabled])
    waiting = home.submit(PEEKED)
    assert soap(home, "enableFilePerusal", jobId=waiting, fileList="<Item>../out</Item>")[0] == 500
    many = "".join(f"<Item>file{number}</Item>" for number in range(16))
    assert "16 files are too many" in soap(home, "enableFilePerusal", jobId=waiting, fileList=many)[1][0]
    done = home.done(PEEKED)
    assert "nothing is written" in soap(home, "enableFilePerusal", jobId=done, fileList="<Item>out</Item>")[1][0]
