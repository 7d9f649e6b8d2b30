"""The command `idvault`: one file for each command."""
