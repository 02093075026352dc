"""`python -m walkaway`."""

from walkaway.cli import main

main()
