"""Use cases of disclosures."""
