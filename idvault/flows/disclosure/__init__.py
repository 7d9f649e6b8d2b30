"""Use cases of disclosures: asked for, decided, opened, told, expired."""
