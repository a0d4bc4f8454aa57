"""JDL, the job description language of gLite: text to description, and back."""

from gridwms.describe.jdl.defaults import JdlDefaults
from gridwms.describe.jdl.read import JdlReading, read_jdl, read_stored
from gridwms.describe.jdl.write import write_jdl

__all__ = [
    "JdlDefaults",
    "JdlReading",
    "read_jdl",
    "read_stored",
    "write_jdl",
]
