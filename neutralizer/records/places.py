"""Where files lie: a folder of this machine, or what fsspec reaches: s3://bucket/name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from neutralizer.errors import CannotWrite, InputsRefused, Issue
from neutralizer.records.one_file import content, put

MOST = 2**30  # bytes of a file


class Place(Protocol):
    """Where files are put whole, by name."""

    def read(self, name: str) -> bytes | None:
        """None where it is not there."""

    def write(self, name: str, data: bytes) -> None:
        """Raises CannotWrite."""

    def is_free(self) -> bool:
        """Whether nothing is there."""


class OnDisk:
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> bytes | None:
        """None where it is not there."""
        return content(self.folder / name, MOST)

    def write(self, name: str, data: bytes) -> None:
        """Raises CannotWrite."""
        try:
            put(self.folder / name, data)
        except OSError as error:
            raise CannotWrite(f"cannot write {self.folder / name}: {error.strerror}") from None

    def is_free(self) -> bool:
        """Whether nothing is there."""
        return not any(p for p in self.folder.iterdir() if not p.name.startswith("."))


class Elsewhere:
    """What fsspec reaches."""

    def __init__(self, name: str, option: str) -> None:
        try:
            from fsspec.core import url_to_fs

            self.name, self.option = name, option
            self.system, self.path = url_to_fs(name)
        except (ImportError, ValueError) as error:
            remedy = "pip install 'neutralizer[sweep]', or name a folder of this machine"
            raise InputsRefused([Issue(option, 0, "", name, str(error), remedy)]) from None

    def read(self, name: str) -> bytes | None:
        """None where it is not there. Raises CannotWrite."""
        try:
            with self._reached("read"):
                size = self.system.size(f"{self.path}/{name}")
                if size is None or size > MOST:
                    raise ValueError(f"{name} is larger than {MOST} bytes, or says no size")
                found: bytes = self.system.cat_file(f"{self.path}/{name}", end=MOST)
                return found
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Raises CannotWrite."""
        with self._reached("write"):
            self.system.pipe_file(f"{self.path}/{name}", data)

    def is_free(self) -> bool:
        """Whether nothing is there. Raises CannotWrite."""
        with self._reached("read"):
            return not self.system.exists(self.path)

    def copied(self, folder: Path) -> None:
        """Everything below it, into a new folder of this machine. Raises InputsRefused."""
        try:
            if not self.system.isdir(self.path):
                raise FileNotFoundError("there is no such place")
            for name, size in self.system.du(self.path, total=False).items():
                if size > MOST:
                    raise ValueError(f"{name} is larger than {MOST} bytes")
            self.system.get(self.path.rstrip("/") + "/", f"{folder}/", recursive=True)
        except Exception as error:
            remedy = "name what is there, with the credentials that its store asks for"
            raise InputsRefused(
                [Issue(self.option, 0, "", self.name, str(error), remedy)]
            ) from None

    @contextmanager
    def _reached(self, what: str) -> Iterator[None]:
        """Whatever a store raises."""
        try:
            yield
        except FileNotFoundError:
            if what == "read":
                raise
            raise CannotWrite(f"cannot write {self.path}: there is no such place") from None
        except Exception as error:
            raise CannotWrite(f"cannot {what} {self.path}: {error}") from None


def is_elsewhere(name: str) -> bool:
    """Whether a name is of a store, and not of this machine."""
    return "://" in name


@contextmanager
def brought(name: str, option: str) -> Iterator[Path]:
    """The folder of that name; of a store a copy of all that lies below it, for as long as it is asked for. Raises
    InputsRefused where there is none.
    """
    if not is_elsewhere(name):
        yield Path(name)
        return
    with TemporaryDirectory() as work:
        copy = Path(work) / "copy"
        Elsewhere(name, option).copied(copy)
        yield copy
