"""Storage of reports of rumours."""
