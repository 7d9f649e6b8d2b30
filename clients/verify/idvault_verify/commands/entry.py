"""The entry of the command `idvault-verify`; without its packages it names the extra to install."""

import sys

from idvault_verify.commands.errors import not_installed, tell

PROGRAM = "idvault-verify"


def main() -> None:
    """Run the command and exit with its code."""
    try:
        from idvault_verify.commands import app as command  # noqa: PLC0415 - the package works without them
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("idvault"):
            raise
        problem = not_installed(f"{PROGRAM}[cli]")
        tell(problem, program=PROGRAM, as_json="--json" in sys.argv)
        sys.exit(problem.code)
    command.main()
