"""Moderators and sanctions: the calls, and the values that they take and return."""
