"""The command idvault-client."""
