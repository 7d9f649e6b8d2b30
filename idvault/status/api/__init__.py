"""Methods of statuses and their feed."""
