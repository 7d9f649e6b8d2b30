"""Keeps everything durable: the only room that knows SQLAlchemy, PostgreSQL and SQLite."""
