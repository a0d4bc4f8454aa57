"""What only a service may set, taken out of what was handed in."""

from __future__ import annotations

import pytest

from gridwms.classad import parse_ad
from gridwms.describe.jdl.private import without_private


def test_they_are_taken_out_and_the_rest_stays() -> None:
    text = b'[ Executable = "/x"; EDG_JobId = "https://x/y"; CertificateSubject = "/CN=me"; Mine = 1; ]'
    assert list(parse_ad(without_private(text).decode())) == ["Executable", "Mine"]


@pytest.mark.parametrize(
    "text",
    [
        b'Executable = "/x"; # edg_jobid',
        b'Executable = "/x"; Requirements = other.ce_id == "x";',
        b'[ edg_jobid = "x"; Executable = ',
        b'[ edg_jobid = "\xff"; ]',
    ],
)
def test_any_other_text_is_as_it_was(text: bytes) -> None:
    assert without_private(text) == text
