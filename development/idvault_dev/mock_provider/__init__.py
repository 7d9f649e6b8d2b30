"""A mock of a provider of proofs: its interface for the vault, a page for people, faults on demand."""
