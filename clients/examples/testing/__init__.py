"""How a team tests its backend against a real vault."""
