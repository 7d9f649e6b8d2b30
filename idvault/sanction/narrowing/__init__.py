"""Sanctions of a withdrawn account that must concern nothing else."""
