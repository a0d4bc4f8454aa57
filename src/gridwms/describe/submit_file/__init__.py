"""HTCondor submit files: read and written, for one job."""

from gridwms.describe.submit_file.read import read_submit_file
from gridwms.describe.submit_file.write import write_submit_file

__all__ = ["read_submit_file", "write_submit_file"]
