"""`python -m gridwms` is `gridwms`."""

from gridwms.cli.main import run

run()
