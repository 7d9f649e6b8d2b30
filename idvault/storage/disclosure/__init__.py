"""Storage of disclosures."""
