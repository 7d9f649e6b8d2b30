"""The service's half of the cryptography: it seals, indexes and signs, and opens only waiting claims."""
