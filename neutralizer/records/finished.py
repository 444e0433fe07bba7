"""A finished run's folder as it stands: read, and unchanged since it was written and approved."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neutralizer.domain.asked import Asked
from neutralizer.domain.summary import Summary
from neutralizer.errors import InputsRefused, Issue, Tampered
from neutralizer.load.written.plain import read_json
from neutralizer.records.approvals import Subject, run_subject, unchanged
from neutralizer.records.folder import read_folder
from neutralizer.records.manifest import NAME as MANIFEST
from neutralizer.records.manifest import SUMMARY, differences


@dataclass(frozen=True)
class Finished:
    """A run's folder as it stands. That it is there proves nothing yet."""

    folder: Path
    files: dict[str, bytes]
    manifest: dict[str, Any]
    summary: Summary

    @property
    def run_id(self) -> str:
        """Of the run that wrote it."""
        return str(self.manifest["run_id"])

    @property
    def subject(self) -> Subject:
        """What of it is approved."""
        return run_subject(self.folder, self.run_id, self.files[MANIFEST])


@contextmanager
def as_written(folder: Path) -> Iterator[None]:
    """Reading what a run wrote. Raises InputsRefused where its files are not those that runs write, whatever
    their hashes say: a folder that is only read is not proven.
    """
    try:
        yield
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, ArithmeticError) as error:
        reason, remedy = (
            f"holds what no run writes ({error!r:.80})",
            "`neutralizer verify` says what",
        )
        raise InputsRefused([Issue(str(folder), 0, "", None, reason, remedy)]) from None


def finished(folder: Path) -> Finished:
    """Reads a run's folder. Raises InputsRefused where it is none, Tampered where a file is not the
    one that was written or approved.
    """
    files = read_folder(folder)
    try:
        manifest = read_json(files[MANIFEST])
        faults = differences(manifest, files)
        subject = run_subject(folder, str(manifest["run_id"]), files[MANIFEST])
        summary = None if faults else Summary.read(files[SUMMARY])
        Asked.read(manifest["settings"])
        _is_one_of_ours(manifest)
    except (KeyError, ValueError, TypeError, AttributeError):
        remedy = "name the folder of a finished run"
        raise InputsRefused(
            [Issue(str(folder), 0, "", None, "holds no readable manifest.json", remedy)]
        ) from None
    unchanged(subject)
    if summary is None:
        raise Tampered("; ".join(faults[:10]))
    return Finished(folder, files, manifest, summary)


def _is_one_of_ours(manifest: dict[str, Any]) -> None:
    """Raises KeyError, TypeError or AttributeError where a manifest has not the shape of ours."""
    waivers = manifest["waivers"] or {"stale": []}
    lists = (manifest["notices"], manifest["settings"]["set"], waivers["stale"])
    texts = [x for found in lists for x in found]
    texts += [manifest["prepared_by"], manifest["supersedes"] or "", *manifest["versions"].values()]
    sound = all(isinstance(found, list) for found in lists) and all(
        isinstance(x, str) for x in texts
    )
    if (
        not sound
        or type(manifest["version"]) is not int
        or "neutralizer" not in manifest["versions"]
    ):
        raise TypeError
