"""A finished run's folder as it stands: read, and unchanged since it was written and approved."""

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
        list(manifest["notices"])
    except (KeyError, ValueError, TypeError, AttributeError):
        remedy = "name the folder of a finished run"
        raise InputsRefused(
            [Issue(str(folder), 0, "", None, "holds no readable manifest.json", remedy)]
        ) from None
    unchanged(subject)
    if summary is None:
        raise Tampered("; ".join(faults[:10]))
    return Finished(folder, files, manifest, summary)
