"""Sends invalid messages to every method of idvault.v1, and checks the answers and what is left behind."""
