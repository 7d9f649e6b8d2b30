"""Inquiries: a person looks on the operator's page which accounts stand in her name."""
