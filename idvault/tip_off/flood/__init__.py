"""Floods: when a form gets far more reports than it usually does."""
