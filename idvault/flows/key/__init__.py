"""Use cases of the service's keys."""
