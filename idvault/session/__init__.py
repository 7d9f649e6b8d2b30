"""Hosted sessions of people, and what they contest."""
