"""The command idvault log: verifies and exports the transparency log."""
