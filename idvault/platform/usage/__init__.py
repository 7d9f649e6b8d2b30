"""How much each platform uses: calls, checks that the registry charges, claims, and what is stored."""
