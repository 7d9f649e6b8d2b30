"""Commands of roster members on their own machines: keys, connection, second factor, roster."""
