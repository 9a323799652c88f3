"""`python -m edgelab` is the command `edgelab`."""

from edgelab.cli import main

if __name__ == "__main__":
    main()
