"""The written files of a scenario's run, decided once a process."""

from functools import cache

from neutralizer.load.scenario import Loaded, load
from neutralizer.run import Options, run
from tests.conftest import SCENARIOS

NAMES = ("two-desks", "equity-desks", "multi-asset")


@cache
def finished(name: str) -> tuple[Loaded, dict[str, bytes]]:
    """A scenario of the project and the files of its run."""
    folder = SCENARIOS / name
    return load(folder), run(folder, None, Options(dry_run=True, baseline=False)).files
