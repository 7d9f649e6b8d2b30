"""SessionService: hosted verification for platforms, and what the pages need."""
