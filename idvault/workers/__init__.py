"""Background work: settlement, expiry and publication."""
