"""Identity verification with a privacy vault."""
