"""Single files that appear whole: beside a run's folder, and in folders that others read too."""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from neutralizer.errors import CannotWrite, InputsRefused, Issue, Locked
from neutralizer.load.written.plain import MOST, NOT_PLAIN, plain_bytes
from neutralizer.records.commit import COMMIT
from neutralizer.records.folder import sync, this_process

POLL = 0.05  # seconds between two looks at a lock
LOCK = ".neutralizer.lock"
REMEDY = "put the file there that belongs there, or ask who changed it"


def put(path: Path, data: bytes, private: bool = False, last: bool = False) -> None:
    """Writes a file whole: under another name, synced, renamed; readable for those who may read its folder,
    unless it is private. Raises OSError, and leaves nothing. The `last` of what belongs together is
    there once it is renamed, and cannot fail then.
    """
    mode = 0o600 if private else _as_the_folder(path.parent, 0o044)
    staged = path.with_name(f".{path.name}.staging")
    with suppress(FileNotFoundError):
        staged.unlink()
    try:
        handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(handle, "wb") as out:
            os.fchmod(handle, mode)
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


def put_all(folder: Path, files: Mapping[str, bytes], last: str) -> None:
    """Writes what belongs together, each file whole, the one named last when all others are there: with it
    nothing fails. On failure what was written is taken back. Raises OSError.
    """
    made: list[str] = []
    try:
        for name in (*(n for n in files if n != last), last):
            made.append(name)
            put(folder / name, files[name], last=name == last)
    except BaseException:
        with COMMIT.held():
            for name in reversed(made):
                with suppress(OSError):
                    (folder / name).unlink(missing_ok=True)
        raise


def append(path: Path, data: bytes) -> None:
    """Adds to the end of a file, synced; the file is made where it is not. Raises OSError."""
    new = not path.exists()
    mode = _as_the_folder(path.parent, 0o066)  # of many writers
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK, mode)
    with open(handle, "ab") as out:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is not a plain file")
        if new:
            os.fchmod(handle, mode)
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    if new:
        sync(path.parent)


def content(path: Path, most: int = MOST) -> bytes | None:
    """The bytes of a file, None where it is not there. Raises InputsRefused where it is no plain
    file of at most so many bytes, CannotWrite where the disk does not give it.
    """
    try:
        return plain_bytes(path, most)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno not in NOT_PLAIN:
            raise CannotWrite(f"cannot read {path}: {error.strerror}") from None
        reason = f"cannot be read: {error.strerror}"
        raise InputsRefused([Issue(str(path), 0, "", None, reason, REMEDY)]) from None


def cut_off(path: Path, size: int) -> None:
    """Drops what stands after so many bytes: the torn line of a writer that was killed."""
    os.truncate(path, size)


@contextmanager
def holding(folder: Path, wait: float = 0.0) -> Iterator[None]:
    """Holds the lock of a folder that exists, after waiting so many seconds for who holds it. Raises
    Locked where another has it, CannotWrite.
    """
    try:
        mode = _as_the_folder(folder, 0o066)
        handle = os.open(
            folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, mode
        )
    except OSError as error:
        raise CannotWrite(f"cannot write into {folder}: {error.strerror}") from None
    try:
        _lock(handle, folder, time.monotonic() + wait)
        _say_who(handle, mode)
        yield
    except OSError as error:
        raise CannotWrite(f"cannot write into {folder}: {error.strerror}") from None
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path, end: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= end:
                who = ascii(os.pread(handle, 80, 0).decode("ascii", "replace"))[1:-1] or "another"
                raise Locked(
                    f"{who} is writing into {folder}: try again when it has ended"
                ) from None
        time.sleep(POLL)


def _say_who(handle: int, mode: int) -> None:
    """Who has the lock, for those who wait; nobody needs it, so that nothing fails by it."""
    who = this_process().encode()
    with suppress(OSError):  # its owner's to say
        os.fchmod(handle, mode)
    with suppress(OSError):
        if os.pread(handle, len(who) + 1, 0) != who:
            os.ftruncate(handle, 0)
            os.pwrite(handle, who, 0)


def _as_the_folder(folder: Path, most: int) -> int:
    """A file's mode: ours to read and write, and what of `most` those have who share its folder,
    whatever the umask: what is handed over is for others.
    """
    return 0o600 | (folder.stat().st_mode & most)
