"""Use cases of what third parties check: tokens, credentials, lists and their keys."""
