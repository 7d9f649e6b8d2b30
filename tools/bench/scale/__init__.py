"""P12: how the costs of a deployment grow with its number of accounts."""
