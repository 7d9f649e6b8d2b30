"""Sends messages by mail and webhooks, to whom the operator's file names; it knows nothing of their content."""
