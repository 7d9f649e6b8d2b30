"""Use cases of disclosures: requests, decisions, openings, histories and expiry."""
