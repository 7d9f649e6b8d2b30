"""The rules of reports of rumours: life cycle, seven-day clock, reporters, and what may be filed."""
