"""The service's half of the sealing: it seals, recognises and signs, and opens nothing but waiting claims."""
