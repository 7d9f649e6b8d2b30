"""Use cases of hosted verification sessions: the platform's, and those of the pages."""
