"""Second factors of roster members."""
