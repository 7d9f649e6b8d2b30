"""The acts and reads of statuses and their feed."""
