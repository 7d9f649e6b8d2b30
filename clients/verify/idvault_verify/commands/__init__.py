"""The command `idvault-verify`, and what the commands of the other packages share with it."""
