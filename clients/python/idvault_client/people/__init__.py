"""What auditors and custodians run on their own machines; they trust nothing that the service hands out."""
