"""Kills the leader of a cluster of PostgreSQL."""
