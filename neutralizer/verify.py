"""Proves a finished folder from its own files: the manifest first, then the proof."""

from pathlib import Path

from neutralizer.domain.asked import Asked
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.summary import Summary
from neutralizer.errors import ProofFailed
from neutralizer.load.firm.caps import caps_here
from neutralizer.load.scenario import Loaded, load
from neutralizer.proof import prove
from neutralizer.proof.caps import exceeded
from neutralizer.records.finished import Finished, finished
from neutralizer.records.superseded import digest, kept, superseded
from neutralizer.report.files import parsed
from neutralizer.terms.limits.asked import as_asked


def inputs_of(run: Finished, scenario: Path | None = None) -> Loaded:
    """A folder's own inputs, or others, as this version reads them. Raises InputsRefused."""
    waived = (run.manifest.get("waivers") or {}).get("stale", ())
    overrides = tuple(run.manifest["settings"]["set"])
    return load(scenario or run.folder / "inputs", overrides, frozenset(waived))


def scenario_of(run: Finished, scenario: Path | None = None) -> Scenario:
    """What a folder is proven against: inputs that make this very run. Raises ProofFailed, InputsRefused."""
    asked, loaded = Asked.read(run.manifest["settings"]), inputs_of(run, scenario)
    if digest(kept(run.files)) != asked.supersedes:
        raise ProofFailed(["the superseded tickets in inputs/ are not those of the run"])
    run_id = loaded.run_id(asked)
    if run_id != run.run_id:
        raise ProofFailed([f"the inputs make the run {run_id}, the folder is {run.run_id}"])
    return as_asked(loaded.scenario, asked)


def verify(folder: Path, scenario: Path | None = None) -> Summary:
    """The summary of a folder that stands. Raises Tampered, ProofFailed, InputsRefused."""
    run = finished(folder)
    proven(scenario_of(run, scenario), run.files)
    return run.summary


def proven(scenario: Scenario, files: dict[str, bytes], capped: bool = True) -> None:
    """Raises ProofFailed with everything that does not hold, the firm's caps last if they count."""
    caps = caps_here().value if capped else None
    try:
        read = parsed(files)
        faults = prove(scenario, read, superseded(kept(files)))
        faults += [] if caps is None else exceeded(caps, scenario, read)
    except (KeyError, ValueError) as error:
        faults = [str(error)]
    if faults:
        raise ProofFailed(faults)
