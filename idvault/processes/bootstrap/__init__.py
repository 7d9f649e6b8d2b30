"""Builds each process from ports, adapters and flows; the only package that may import all others."""
