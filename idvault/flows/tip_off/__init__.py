"""Use cases of reports of rumours."""
