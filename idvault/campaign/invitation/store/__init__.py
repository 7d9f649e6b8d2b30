"""The rows of invitations, and the figures that are counted from them."""
