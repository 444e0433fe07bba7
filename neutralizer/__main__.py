"""`python -m neutralizer`."""

from neutralizer.cli import main

if __name__ == "__main__":
    main()
