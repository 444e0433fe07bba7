"""A file of cost parameters beside a scenario, as `calibrate` writes it: the part `costs` of its settings."""

from dataclasses import dataclass
from pathlib import Path

from neutralizer.load.firm.files import read_firm_file
from neutralizer.load.written.given import dotted
from neutralizer.load.written.settings import CostSettings

REMEDY = "hand over the costs.yaml that `neutralizer calibrate` wrote"


@dataclass(frozen=True)
class CostsFile:
    """What a file says, as `--set` would, and which file it is."""

    overrides: tuple[str, ...]
    written: dict[str, str | None]  # name and hash, for the manifest


def read_costs(path: Path) -> CostsFile:
    """Raises InputsRefused with every mistake in it."""
    held = read_firm_file(path, CostSettings, REMEDY)
    said = {} if held.value is None else held.value.model_dump(mode="json", exclude_unset=True)
    return CostsFile(tuple(dotted({"costs": said})), {"file": path.name, "sha256": held.sha256})
