"""Clients of the national registries: wire formats, adapters, guard and budget."""
