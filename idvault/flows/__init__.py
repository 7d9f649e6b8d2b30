"""Use cases: one class per capability; they see ports and domain only."""
