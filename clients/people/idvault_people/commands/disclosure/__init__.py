"""Commands of auditors and custodians about disclosures."""
