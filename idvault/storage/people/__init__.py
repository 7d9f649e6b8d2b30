"""Storage of the roster and its second factors."""
