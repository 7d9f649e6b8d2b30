"""The entry of the command `idvault-verify`; without its packages it names the extra to install."""

import sys
from importlib import import_module

from idvault_verify.commands.errors import not_installed, tell


def start(program: str, module: str) -> None:
    """Run the `main` of a module, or exit with the extra [cli] of a program that lacks its packages.

    A library that works without the command's packages has this as its entry.
    """
    try:
        command = import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("idvault"):
            raise
        problem = not_installed(f"{program}[cli]")
        tell(problem, program=program, as_json="--json" in sys.argv)
        sys.exit(problem.code)
    command.main()


def main() -> None:
    """Run the command and exit with its code."""
    start("idvault-verify", "idvault_verify.commands.app")
