"""Backups, and what a restored pair lacks."""
