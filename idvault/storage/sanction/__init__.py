"""Storage of sanctions and of the moderators who sign them."""
