"""The command idvault-client import-legacy."""
