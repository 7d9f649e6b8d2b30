"""Runs the command `idvault-client`."""

from idvault_client.commands.app import main

if __name__ == "__main__":
    main()
