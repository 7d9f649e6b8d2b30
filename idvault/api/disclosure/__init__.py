"""The calls of auditors and custodians, and their message conversion."""
