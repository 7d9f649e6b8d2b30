"""The leased work items of waiting claims."""
