"""The command idvault-client campaign."""
