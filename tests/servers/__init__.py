"""Servers of others, started by the tests themselves."""
