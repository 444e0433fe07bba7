"""Who is at the keyboard."""

import os


def whoever() -> str:
    """As the system has it."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for this number, as in some containers
        return str(os.getuid())
