"""Sanctions, and what follows from them: appeals, orders and operations."""
