"""The rows of claims."""
