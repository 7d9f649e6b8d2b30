"""Registry campaigns: thousands of claims against a failing registry and a rate cap that is too small."""
