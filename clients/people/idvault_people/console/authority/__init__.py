"""The console of an authority's officer."""
