"""Single files that appear whole: beside a run's folder, and in folders that others read too."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from neutralizer.errors import CannotWrite, Locked
from neutralizer.records.commit import COMMIT
from neutralizer.records.folder import sync

LOCK = ".neutralizer.lock"


def put(path: Path, data: bytes, mode: int = 0o666, last: bool = False) -> None:
    """Writes a file whole: under another name, synced, renamed. Raises OSError, and leaves nothing. The
    `last` of what belongs together is there once it is renamed, and cannot fail then.
    """
    staged = path.with_name(f".{path.name}.staging")
    with suppress(FileNotFoundError):
        staged.unlink()
    try:
        handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        with COMMIT.made() if last else nullcontext():
            os.rename(staged, path)
    except BaseException:
        with COMMIT.held(), suppress(OSError):
            staged.unlink()
        raise
    with suppress(OSError) if last else nullcontext():
        sync(path.parent)


def append(path: Path, data: bytes) -> None:
    """Adds to the end of a file, synced; the file is made where it is not. Raises OSError."""
    new = not path.exists()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    with open(handle, "ab") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    if new:
        sync(path.parent)


def content(path: Path) -> bytes | None:
    """The bytes of a file, None where it is not there."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def cut_off(path: Path, size: int) -> None:
    """Drops what stands after so many bytes: the torn line of a writer that was killed."""
    os.truncate(path, size)


@contextmanager
def holding(folder: Path, wait: bool = False) -> Iterator[None]:
    """Holds the lock of a folder that exists. Raises Locked where another has it, CannotWrite."""
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    except OSError as error:
        raise CannotWrite(f"cannot write into {folder}: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    except BlockingIOError:
        raise Locked(f"another is writing into {folder}: try again when it has ended") from None
    except OSError as error:
        raise CannotWrite(f"cannot write into {folder}: {error.strerror}") from None
    finally:
        os.close(handle)
