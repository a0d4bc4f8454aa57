"""How commands reach a site: on this machine, or over ssh. Nothing of ours is installed there."""

from gridwms.sites.shell.contract import Said, Shell
from gridwms.sites.shell.local import LocalShell
from gridwms.sites.shell.ssh import SshSettings, SshShell

__all__ = ["LocalShell", "Said", "Shell", "SshSettings", "SshShell"]
