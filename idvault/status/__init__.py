"""What everybody may ask about an account: its status, the feed of changes, and credentials."""
