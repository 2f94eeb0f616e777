"""`python -m vmevalkit` is the `vmevalkit` command."""

from vmevalkit.cli.main import main

if __name__ == "__main__":
    main()
