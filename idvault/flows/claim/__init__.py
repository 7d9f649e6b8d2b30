"""Use cases of claims: verification, admission, settlement and receipts."""
