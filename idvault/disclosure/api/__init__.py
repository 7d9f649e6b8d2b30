"""Methods of disclosures."""
