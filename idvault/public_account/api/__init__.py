"""Methods of public accounts."""
