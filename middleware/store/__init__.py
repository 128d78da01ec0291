"""SQL is spoken here: the store, in one SQLite file or in a PostgreSQL database."""
