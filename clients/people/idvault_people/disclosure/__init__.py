"""Disclosures: request, decide, open, keep the evidence."""
