"""The consoles of auditors and custodians."""
