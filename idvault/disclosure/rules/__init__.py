"""The rules of disclosures."""
