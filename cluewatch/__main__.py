"""`python -m cluewatch`: the same as the `cluewatch` command."""

from cluewatch.cli import main

main()
