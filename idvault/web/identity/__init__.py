"""The pages of "my identity": what is stored about an account, for its owner."""
