"""How fast the relay is, beside what it is made of: `make bench`."""
