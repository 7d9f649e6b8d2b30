"""Notifications: tells people and platforms that something waits for them, and nothing of what it is."""
