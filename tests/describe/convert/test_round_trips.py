"""What a writer writes means the same when it is read again, whatever the job."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from gridwms.classad import ClassAd
from gridwms.describe.convert.dialects import Dialect, guess, read, write
from tests.describe.convert.jobs import DEFAULTS, NOW, ads, described, meaning


@pytest.mark.parametrize("dialect", Dialect)
def test_read_after_write(dialect: Dialect) -> None:
    @settings(max_examples=100, deadline=None)
    @given(ads())
    def round_trip(ad: ClassAd) -> None:
        before = meaning(described(ad))
        written = write(ad, dialect)
        reading = read(written.text, dialect, DEFAULTS, now=NOW)
        assert reading.errors == (), written.text
        assert reading.description is not None
        assert meaning(reading.description) == before, written.text
        assert reading.lost == (), written.text

    round_trip()


@pytest.mark.parametrize("dialect", Dialect)
def test_what_is_written_is_recognised(dialect: Dialect) -> None:
    @settings(max_examples=30, deadline=None)
    @given(ads())
    def recognised(ad: ClassAd) -> None:
        assert guess(write(ad, dialect).text) is dialect

    recognised()
