"""JSDL (GFD.136), with the POSIX, HPC and SPMD applications: XML to description, and back."""

from gridwms.describe.jsdl.read import read_jsdl
from gridwms.describe.jsdl.write import write_jsdl

__all__ = ["read_jsdl", "write_jsdl"]
