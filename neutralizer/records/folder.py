"""A folder that appears whole or not at all: lock, stage beside it, write, fsync, one rename.

.run.staging/          locked while its run lives; what a killed run left behind is taken over by the next
.run.staging/holder    which process that is: nothing is removed from a folder that has none
.run.staging/staged/   what appears as run
"""

import ctypes
import errno
import fcntl
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from neutralizer.domain.words import printable
from neutralizer.errors import CannotWrite, FolderTaken, Locked, Tampered
from neutralizer.load.written.plain import NOT_PLAIN, plain_bytes
from neutralizer.records.commit import COMMIT
from neutralizer.records.ours import holds_more_than_a_refusal, holds_more_than_a_run

MOST_BYTES = 2**32  # of one folder
MOST_WHO = 200  # bytes of a holder's name
TRIES = 100  # of a lock whose folder its last owner removes at the same moment
HOLDER, STAGED = "holder", "staged"
_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)


def refused_folder(target: Path) -> Path:
    """Where a refusal says why."""
    return target.with_name(target.name + ".refused")


def new_folder(target: Path, files: dict[str, bytes]) -> None:
    """Writes a folder that is not there yet. Raises FolderTaken, Locked, CannotWrite."""
    if target.exists():
        raise FolderTaken(f"{target} is there already: name a new folder")
    with writing(target) as staging:
        staging.write(files)
        staging.publish(target, replace=False)


@contextmanager
def writing(target: Path) -> Iterator["Staging"]:
    """Holds the lock of a target folder. Raises Locked, CannotWrite."""
    if not target.name or target.name == "..":
        raise CannotWrite(f"{target} cannot be a run's folder: name a new one")
    staging = Staging(target)
    try:
        staging.lock()
        yield staging
    except OSError as error:
        raise CannotWrite(f"cannot write {target}: {error.strerror}") from None
    finally:
        staging.close()


class Staging:
    """A locked folder beside the target; `publish` renames it there."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f".{target.name}.staging")
        self.staged = self.path / STAGED
        self._lock: int | None = None

    def lock(self) -> None:
        """Takes the lock, and removes what a run that was killed left. Raises Locked, FolderTaken."""
        if not self.target.parent.is_dir():
            raise CannotWrite(f"there is no folder {self.target.parent}: make it first")
        for path in (self.target, refused_folder(self.target)):
            if path.is_symlink() or (path.exists() and not path.is_dir()):
                raise FolderTaken(f"{path} is a file or a link: name another folder")
        _is_ours(refused_folder(self.target), holds_more_than_a_refusal)
        with COMMIT.held():  # a folder that is made and not yet locked would stay
            self._lock = self._locked()
            self._hold()
        self._clear()

    def _hold(self) -> None:
        """Says who has the lock. Raises OSError, also where the name is a link's."""
        how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK
        with open(os.open(self.path / HOLDER, how, 0o644), "w", encoding="ascii") as out:
            out.write(this_process())

    def _is_staging(self, handle: int) -> None:
        """Raises FolderTaken where something stands in the locked folder that no run staged."""
        names = {entry.name for entry in self.path.iterdir()}
        if more := names if HOLDER not in names else names - {HOLDER, STAGED}:
            os.close(handle)
            raise FolderTaken(
                f"{self.path} holds {min(more)}, which no run staged: move it, or name another folder"
            )

    def _locked(self) -> int:
        for _ in range(TRIES):
            with suppress(FileExistsError):
                self.path.mkdir(mode=0o777)
            try:
                handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                raise self._taken() from None
            if self._is(handle):
                self._is_staging(handle)
                return handle
            os.close(handle)
        raise self._taken()  # others come and go all the time

    def _taken(self) -> Locked:
        try:
            who = plain_bytes(self.path / HOLDER, MOST_WHO).decode("ascii", "replace")
        except OSError:
            who = ""
        return Locked(
            f"{printable(who) or 'another run'} is writing {self.target}: try again when it has ended"
        )

    def _is(self, handle: int) -> bool:
        """Whether the folder that stands there is the one that is held."""
        try:
            return os.stat(self.path).st_ino == os.fstat(handle).st_ino
        except FileNotFoundError:
            return False

    def _clear(self) -> None:
        with suppress(FileNotFoundError):
            shutil.rmtree(self.staged)

    def write(self, files: dict[str, bytes]) -> None:
        """Writes and fsyncs every file, replacing what was staged before."""
        self._clear()
        for name, data in files.items():
            path = self.staged / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
        for folder in {self.staged, *((self.staged / name).parent for name in files)}:
            sync(folder)

    def read(self) -> dict[str, bytes]:
        """The staged bytes, from the disk."""
        return read_folder(self.staged)

    def publish(self, destination: Path, replace: bool, refusal: bool = False) -> None:
        """One rename, with which a command has succeeded if this is no refusal. Raises FolderTaken where
        something stands there and may not be replaced, or is not ours.
        """
        made = COMMIT.held if refusal else COMMIT.made
        if replace and destination.exists():
            _is_ours(destination, holds_more_than_a_refusal if refusal else holds_more_than_a_run)
            with made():
                _exchange(self.staged, destination)
            with suppress(OSError):  # it is published: what is left to tidy does not undo that
                sync(destination.parent)
            for _ in range(2):
                shutil.rmtree(self.staged, ignore_errors=True)
            return
        try:
            with made():
                os.rename(self.staged, destination)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise FolderTaken(
                    f"{destination} is taken; name another folder, or use --replace"
                ) from None
            raise
        with suppress(OSError):
            sync(destination.parent)

    def close(self) -> None:
        """Removes what was staged and not published, and gives the lock back."""
        if self._lock is None:
            return
        with COMMIT.held(), suppress(OSError):
            if self._is(self._lock):
                self._clear()
                (self.path / HOLDER).unlink(missing_ok=True)
                self.path.rmdir()
        os.close(self._lock)


def this_process() -> str:
    """Who holds a lock, for those who wait."""
    return f"process {os.getpid()} on {socket.gethostname()}".encode("ascii", "replace").decode()


def read_folder(root: Path) -> dict[str, bytes]:
    """Every file below a folder, by its relative name. Raises Tampered where one is a link, a pipe or a
    device, or too large: what this program writes is none of these.
    """
    found, size = dict[str, bytes](), 0
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        if path.is_symlink():
            raise Tampered(f"{root}: {name} is a link, which no run writes")
        try:
            found[name] = plain_bytes(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            if error.errno not in NOT_PLAIN:
                raise
            raise Tampered(f"{root}: {name} cannot be read: {error.strerror}") from None
        size += len(found[name])
        if size > MOST_BYTES:
            raise Tampered(f"{root} holds over {MOST_BYTES >> 30} GiB, which no run writes")
    return found


def may_be_replaced(folder: Path) -> None:
    """Raises FolderTaken where a folder holds what no run wrote."""
    _is_ours(folder, holds_more_than_a_run)


def remove_refusal(target: Path) -> None:
    """Removes what said why the last run was refused, if it is there and nothing else is in it."""
    folder = refused_folder(target)
    if folder.is_dir() and not folder.is_symlink() and not holds_more_than_a_refusal(folder):
        shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path, more: Callable[[Path], str]) -> None:
    if folder.exists() and (found := more(folder)):
        raise FolderTaken(
            f"{folder} holds {found}: only what this program wrote is removed; move it, or name "
            "another folder"
        )


def sync(folder: Path) -> None:
    """Makes the names in a folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(one: Path, other: Path) -> None:
    """Swaps two folders in one step where the system can; else by two renames."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.renameat2(-100, os.fsencode(one), -100, os.fsencode(other), _EXCHANGE) == 0:
            return
    aside = other.with_name(f".{other.name}.old")
    os.rename(other, aside)
    os.rename(one, other)
    os.rename(aside, one)
