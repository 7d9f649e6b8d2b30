"""Use cases of claims: opening, admission, settlement and receipts."""
