"""Appeals against withdrawals of verifications."""
