"""`python -m walkaway`."""

from walkaway.commands.main import main

main()
