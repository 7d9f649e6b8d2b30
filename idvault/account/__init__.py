"""Accounts: their rows, persons and followers."""
