"""Upgrades both databases, as a process of test_schema.py."""

import sys

from idvault.processes import migrations


def main() -> None:
    """Upgrade the databases of the command line."""
    migrations.upgrade(*sys.argv[1:])
