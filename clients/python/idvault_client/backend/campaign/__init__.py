"""Legacy accounts and campaigns."""
