"""The entry of the command `idvault-client`; if packages are missing, it names the extra to install."""

import sys

from idvault_verify.commands.errors import not_installed, tell

PROGRAM = "idvault-client"


def main() -> None:
    """Run the command and exit with its code."""
    try:
        from idvault_client.commands import app as command  # noqa: PLC0415 - backends lack its packages
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("idvault"):
            raise
        problem = not_installed(f"{PROGRAM}[cli]")
        tell(problem, program=PROGRAM, as_json="--json" in sys.argv)
        sys.exit(problem.code)
    command.main()
