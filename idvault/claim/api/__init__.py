"""Methods of claims, and their messages."""
