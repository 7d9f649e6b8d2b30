"""The operator's console: the state of the vault, by clicks, and what the operator decides."""
