"""The command idvault-client tip-offs."""
