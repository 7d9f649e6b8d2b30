"""Hosted verification sessions in the main database."""
