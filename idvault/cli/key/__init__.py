"""`idvault keys`."""
