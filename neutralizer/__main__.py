"""`python -m neutralizer`."""

from neutralizer.cli.main import main

if __name__ == "__main__":
    main()
