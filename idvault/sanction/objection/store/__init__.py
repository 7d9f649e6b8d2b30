"""Lists and rows of appeals and contests."""
