"""The examples of docs/user/python.md run as they stand there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.running import ROOT, Running, environment

EXAMPLES = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/user/python.md").read_text(), re.DOTALL | re.MULTILINE)
EXPECTED = ["Good day, world!", "100 went well"]


@pytest.mark.parametrize(("example", "expected"), list(zip(EXAMPLES, EXPECTED, strict=True)))
def test_example(service: Running, tmp_path: Path, example: str, expected: str) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        env=environment(service.data),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert expected in done.stdout
