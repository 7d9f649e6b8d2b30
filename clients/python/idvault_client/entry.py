"""The entry of the command `idvault-client`; if packages are missing, it names the extra to install."""

from idvault_verify.commands.entry import start


def main() -> None:
    """Run the command and exit with its code."""
    start("idvault-client", "idvault_client.commands.app")
