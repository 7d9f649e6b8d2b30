"""The rules of public accounts."""
