"""The rules of sanctions."""
