"""`python -m middleware`."""

from middleware.cli import main

main(prog_name="python -m middleware")
