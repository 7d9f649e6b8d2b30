"""How every capability reaches a database: statements, acts and reads over PostgreSQL and SQLite."""
