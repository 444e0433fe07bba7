"""Proves a finished folder from its own files: the manifest first, then the proof."""

import json
from pathlib import Path
from typing import Any

from neutralizer.domain.asked import Asked
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import InputsRefused, ProofFailed, Tampered
from neutralizer.issues import Issue
from neutralizer.limits.standing import as_asked
from neutralizer.load.caps import caps_here
from neutralizer.load.scenario import load
from neutralizer.output.files import SUMMARY, parsed
from neutralizer.output.folder import read_folder
from neutralizer.output.manifest import NAME as MANIFEST
from neutralizer.output.manifest import differences
from neutralizer.proof import prove
from neutralizer.proof.caps import exceeded


def verify(folder: Path, scenario: Path | None = None) -> dict[str, Any]:
    """The summary of a folder that stands. Raises Tampered, ProofFailed, InputsRefused."""
    files = read_folder(folder)
    try:
        written = json.loads(files[MANIFEST])
        faults = differences(written, files)
        settings = written["settings"]
        overrides = tuple(settings["set"])
        asked = Asked.read(settings)
    except (KeyError, ValueError, TypeError, AttributeError):
        remedy = "name the folder of a finished run"
        raise InputsRefused(
            [Issue(str(folder), 0, "", None, "holds no readable manifest.json", remedy)]
        ) from None
    if faults:
        raise Tampered("; ".join(faults[:10]))
    loaded = load(scenario or folder / "inputs", overrides)
    run_id = loaded.run_id(asked)
    if run_id != written["run_id"]:
        raise ProofFailed([f"the inputs make the run {run_id}, the folder is {written['run_id']}"])
    proven(as_asked(loaded.scenario, asked), files)
    found: dict[str, Any] = json.loads(files[SUMMARY])
    return found


def proven(scenario: Scenario, files: dict[str, bytes]) -> None:
    """Raises ProofFailed with everything that does not hold, the firm's caps last."""
    caps = caps_here().caps
    try:
        read = parsed(files)
        faults = prove(scenario, read)
        faults += [] if caps is None else exceeded(caps, scenario, read)
    except ValueError as error:
        faults = [str(error)]
    if faults:
        raise ProofFailed(faults)
