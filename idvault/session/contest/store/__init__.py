"""The rows of contests."""
