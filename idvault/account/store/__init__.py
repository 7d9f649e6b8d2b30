"""The rows of accounts, persons and followers."""
