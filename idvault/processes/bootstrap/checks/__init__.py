"""The checks of `idvault check-config`, `idvault doctor` and `/readyz`, by what they look at."""
