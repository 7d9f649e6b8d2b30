"""The rows of keys and of what they seal."""
