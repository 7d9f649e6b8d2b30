"""Accounts are erased while processes die; no file may hold what the receipts say is gone."""
