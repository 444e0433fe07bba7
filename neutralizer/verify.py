"""Proves a finished folder from its own files: the manifest, then what is computed again, then what is
written again.
"""

from collections.abc import Callable
from dataclasses import dataclass
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
from neutralizer.records.manifest import other_versions
from neutralizer.records.superseded import digest, kept, superseded
from neutralizer.report.again import unlike
from neutralizer.report.files import parsed
from neutralizer.terms.limits.asked import as_asked


def inputs_of(run: Finished, scenario: Path | None = None) -> Loaded:
    """A folder's own inputs, or others, as this version reads them. Raises InputsRefused."""
    waived = (run.manifest.get("waivers") or {}).get("stale", ())
    overrides = tuple(run.manifest["settings"]["set"])
    return load(scenario or run.folder / "inputs", overrides, frozenset(waived))


def loaded_of(run: Finished, scenario: Path | None = None) -> Loaded:
    """Inputs that make this very run, by the version that made it. Raises ProofFailed, InputsRefused."""
    asked, loaded = Asked.read(run.manifest["settings"]), inputs_of(run, scenario)
    if digest(kept(run.files)) != asked.supersedes:
        raise ProofFailed(["the superseded tickets in inputs/ are not those of the run"])
    old = superseded(kept(run.files))
    due = (1, None) if old is None else (old.version + 1, old.run_id)
    if (run.manifest["version"], run.manifest["supersedes"]) != due:
        raise ProofFailed([f"the manifest is of version {run.manifest['version']}, not {due[0]}"])
    run_id = loaded.run_id(asked, str(run.manifest["versions"]["neutralizer"]))
    if run_id != run.run_id:
        raise ProofFailed([f"the inputs make the run {run_id}, the folder is {run.run_id}"])
    return loaded


def verify(
    folder: Path, scenario: Path | None = None, say: Callable[[str], None] = lambda text: None
) -> Summary:
    """The summary of a folder that stands; says where it could not be written again. Raises Tampered,
    ProofFailed, InputsRefused.
    """
    run = finished(folder)
    others = stands(run, scenario).others
    if others:
        say(f"not written again: made by {others}; quantities, money and limits are proven")
    return run.summary


@dataclass(frozen=True)
class Standing:
    """A proven run's inputs, its scenario as it was asked for, and the versions that made it where they
    are others than ours.
    """

    loaded: Loaded
    scenario: Scenario
    others: str


def stands(run: Finished, scenario: Path | None = None) -> Standing:
    """Proves a finished run. Raises ProofFailed, InputsRefused."""
    asked, loaded = Asked.read(run.manifest["settings"]), loaded_of(run, scenario)
    others = other_versions(run.manifest)
    proven(loaded, asked, run.run_id, run.files, again=not others)
    return Standing(loaded, as_asked(loaded.scenario, asked), others)


def proven(
    loaded: Loaded,
    asked: Asked,
    run_id: str,
    files: dict[str, bytes],
    capped: bool = True,
    again: bool = True,
) -> None:
    """Raises ProofFailed with everything that does not hold, the firm's caps last if they count. What
    another version wrote is not written again.
    """
    caps = caps_here().value if capped else None
    scenario = as_asked(loaded.scenario, asked)
    try:
        read, old = parsed(files), superseded(kept(files))
        faults = prove(scenario, read, old)
        if again and not faults:
            faults += unlike(scenario, read, files, asked, run_id, loaded.ages, old)
        faults += [] if caps is None else exceeded(caps, scenario, read)
    except ValueError as error:
        faults = [str(error)]
    except (KeyError, ArithmeticError) as error:
        faults = [f"a file cannot be read as written: {error!r}"]
    if faults:
        raise ProofFailed(faults)
