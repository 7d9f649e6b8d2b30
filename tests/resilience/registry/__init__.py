"""Registry campaigns: claims by the thousand against a registry that fails and a cap that is too small."""
