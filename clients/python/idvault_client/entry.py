"""The entry of the command `idvault-client`; if packages are missing, it names the extra to install."""

import json
import sys

_UNREACHABLE = 3


def main() -> None:
    """Run the command and exit with its code."""
    try:
        from idvault_client.commands import app as command  # noqa: PLC0415 - backends lack its packages
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("idvault"):
            raise
        text = "this command needs packages that are not installed: pip install 'idvault[cli]'"
        told = {"error": {"code": "UNAVAILABLE", "reason": text, "field": None}}
        print(json.dumps(told) if "--json" in sys.argv else f"idvault-client: {text}", file=sys.stderr)
        sys.exit(_UNREACHABLE)
    command.main()
