"""Use cases: one class per capability; they use only ports and domain."""
