"""Rules of hosted verification sessions."""
