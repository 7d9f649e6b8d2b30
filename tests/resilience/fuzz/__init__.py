"""Sends every method of idvault.v1 what nobody should send, and looks at what comes back and what is left."""
