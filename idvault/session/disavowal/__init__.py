"""Disavowals: a person says of an account in her name that it is not hers."""
