"""Claims: sign-up and re-verification."""
