"""The bytes of a file that somebody else writes: a plain file, of a size that fits, and JSON that ends."""

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

KIB = 2**10
MOST = 2**28  # of one file
NOT_PLAIN = (errno.EINVAL, errno.EFBIG, errno.ELOOP)  # what is there, and not what the disk says


def plain_bytes(path: Path, most: int = MOST) -> bytes:
    """Reads a file without waiting for anybody to write it; a link is followed. Raises OSError, which
    says why: no pipe and no device is read, nor more than `most` bytes.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is not a plain file")
        with open(handle, "rb", closefd=False) as file:
            data = file.read(most + 1)
    finally:
        os.close(handle)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it is over {most // KIB:,} KiB")
    return data


def read_json(data: bytes) -> Any:
    """What some JSON says. Raises ValueError, for what is nested too deep as well."""
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("nested too deep") from None
