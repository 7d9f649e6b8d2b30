"""Use cases of statuses and their feed."""
