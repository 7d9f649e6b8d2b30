"""The rows of sanctions."""
