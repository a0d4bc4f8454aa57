"""The namespaces of JSDL and its profiles, with the prefixes that this code calls them by."""

from __future__ import annotations

JSDL = "http://schemas.ggf.org/jsdl/2005/11/jsdl"
POSIX = "http://schemas.ggf.org/jsdl/2005/11/jsdl-posix"
HPC = "http://schemas.ggf.org/jsdl/2006/07/jsdl-hpcpa"
SPMD = "http://schemas.ogf.org/jsdl/2007/02/jsdl-spmd"
SWEEP = "http://schemas.ogf.org/jsdl/2009/03/sweep"
SWEEP_FUNCTIONS = "http://schemas.ogf.org/jsdl/2009/03/sweep/functions"
JSAGA = "http://www.in2p3.fr/jsdl-extension"
OWN = "urn:gridwms:jdl:1"
"""What JSDL cannot say is kept in elements of this namespace, so that gridwms reads back all it wrote."""

PREFIXES = {
    JSDL: "jsdl",
    POSIX: "posix",
    HPC: "hpc",
    SPMD: "spmd",
    SWEEP: "sweep",
    SWEEP_FUNCTIONS: "sweepfunc",
    JSAGA: "jsaga",
    OWN: "gridwms",
}
"""Namespace to prefix; the sources are GFD.136 (jsdl, posix), GFD.111 (hpc), GFD.115 (spmd), GFD.149 (sweep)."""

CLOSED = ("jsdl", "posix", "hpc", "spmd", "gridwms")
"""Prefixes of which every element is known here: an unknown one is a mistake, not an extension."""
