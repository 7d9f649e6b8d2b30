"""The rules of the transparency report: its figures, its periods, and what it must not reveal."""
