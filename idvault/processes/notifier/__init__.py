"""Sends messages by mail and webhooks to whom the operator's file names."""
