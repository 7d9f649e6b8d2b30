"""The rows of erasures."""
