"""Speaks HTTP for the wrapper where there is no curl. Runs alone on the worker node with any Python from 3.6 on.

Standard input: the capability, then the batch, a line a transfer: `<GET|PUT|POST> <auth> <file> <url>`. Writes the
status of each to standard output (000: no answer, or cut) and stops at the first that fails, as curl --fail-early does.
"""

# ruff: noqa: BLE001, PTH123, S310, SIM115, T201, UP031

import http.client
import shutil
import sys
import urllib.error
import urllib.request


class Cut(Exception):
    """The connection ended before the body did."""


def keep(answer: "http.client.HTTPResponse", path: str) -> None:
    """Write the body to a file. Raises Cut when it is shorter than announced, which nobody else tells."""
    with open(path, "wb") as target:
        shutil.copyfileobj(answer, target, 1 << 16)
        length = answer.headers.get("Content-Length")
        if length is not None and target.tell() != int(length):
            raise Cut("the connection was cut")


def perform(capability: str, method: str, auth: str, path: str, url: str) -> int:
    """One transfer; the status of the answer."""
    body = None if method == "GET" else open(path, "rb")
    request = urllib.request.Request(url, data=body, method=method)
    if body is not None:
        request.add_header("Content-Length", str(body.seek(0, 2)))
        body.seek(0)
        request.add_header("Content-Type", "text/plain" if method == "POST" else "application/octet-stream")
    if auth == "1":  # not sent on to where an answer might redirect
        request.add_unredirected_header("Authorization", "Bearer " + capability)
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    status = int(answer.code)
    with answer:
        if method == "GET" and status < 300:
            keep(answer, path)
        elif method == "POST":
            keep(answer, "reply")
    return status


def main() -> None:
    """Perform the batch; exit status 1 when it stopped early."""
    capability = sys.stdin.readline().strip()
    for line in sys.stdin:
        if not line.strip():
            continue
        status = 0
        try:
            status = perform(capability, *line.split())
        except Exception as error:
            sys.stderr.write("%s: %s\n" % (type(error).__name__, error))
        print("%03d" % status, flush=True)
        if not 200 <= status < 300:
            sys.exit(1)


if __name__ == "__main__":
    main()
