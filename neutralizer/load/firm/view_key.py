"""The firm's key of views: without it the ids in a view tell nobody which ticket they are of."""

from neutralizer.errors import InputsRefused, Issue
from neutralizer.load.firm.files import MOST_OF_FIRM, firm_path, is_kept
from neutralizer.load.written.plain import plain_bytes

VARIABLE, NAME = "NEUTRALIZER_VIEW_KEY", "view.key"
FEWEST = 32  # bytes
MAKE = "make one that only you can read: umask 077; head -c 32 /dev/urandom > view.key"


def view_key() -> bytes:
    """/etc/neutralizer/view.key, else the file of NEUTRALIZER_VIEW_KEY. Raises InputsRefused where there is
    none, where it is short, and where others may read it.
    """
    path = firm_path(VARIABLE, NAME)
    if path is None:
        reason = "there is no key for the ids of a view"
        raise InputsRefused([Issue(VARIABLE, 0, "", None, reason, MAKE + ", and name it here")])
    try:
        data = plain_bytes(path, MOST_OF_FIRM)
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise InputsRefused([Issue(str(path), 0, "", None, reason, MAKE)]) from None
    is_kept(path, 0o077, "others may read it", "make another and `chmod 600` it")
    if len(data) < FEWEST:
        raise InputsRefused([Issue(str(path), 0, "", None, f"under {FEWEST} bytes", MAKE)])
    return data
