"""Disclosures of sealed records to auditors."""
