"""The rows of public accounts."""
