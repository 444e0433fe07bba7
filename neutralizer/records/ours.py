"""What may be removed: folders that hold what we wrote, and nothing else.

Whatever else stands in a folder is somebody's: a document laid beside tickets, a journal, what was handed
over. A folder is taken for ours by its names alone: a file that was changed is still the file we wrote. Which
names these are is said here, and of the inputs by the manifest: what else a manifest names may be anybody's.
"""

import os
from pathlib import Path

from neutralizer.load.written.plain import NOT_PLAIN, plain_bytes, read_json
from neutralizer.records.manifest import INPUTS, REPORT, SUMMARY
from neutralizer.records.manifest import NAME as MANIFEST

CONFLICTS = "conflicts.csv"
TABLES = """
horizon horizon_limits
internal_transfers hedges hedge_allocations cash_transfers margin_movements positions_after positions_next limits
pools collateral costs reasons shadow_prices books targets risk capital evidence shocks exposures book_factors
instrument_risk
""".split()
OF_A_RUN = {MANIFEST, SUMMARY, REPORT, *(f"{name}.csv" for name in TABLES)}
NO_RUN = "files, and no readable manifest.json of a run"
NEVER = ("*.done", "journal.*")  # what leaves, and what is kept, whatever a manifest says


def holds_more_than_a_run(folder: Path) -> str:
    """The first thing in a folder that no run wrote, in words; blank for a run's folder, or an empty one."""
    found = _names(folder)
    if not found:
        return ""
    try:
        manifest = read_json(plain_bytes(folder / MANIFEST))
        known = OF_A_RUN | {name for name in manifest["outputs"] if name.startswith(INPUTS)}
        str(manifest["run_id"]), str(manifest["versions"]["neutralizer"])
    except (FileNotFoundError, KeyError, ValueError, TypeError, AttributeError):
        return NO_RUN
    except OSError as error:
        if error.errno in NOT_PLAIN:
            return NO_RUN
        raise
    return _more(found, known)


def holds_more_than_a_refusal(folder: Path) -> str:
    """The same for the folder that says why a run was refused."""
    return _more(_names(folder), {SUMMARY, CONFLICTS})


def _more(found: list[str], known: set[str]) -> str:
    for name in found:
        if name not in known or any(Path(name).match(pattern) for pattern in NEVER):
            return f"{name}, which no run wrote"
    return ""


def _names(folder: Path) -> list[str]:
    """Of everything below a folder; a link, a pipe and a folder without files by their own names."""
    names = []
    for at, folders, files in os.walk(folder):
        plain = [f for f in folders if not Path(at, f).is_symlink()]
        here = [*files, *(f for f in folders if f not in plain)]
        if not here and not plain and at != str(folder):
            here = [""]
        names += [Path(at, name).relative_to(folder).as_posix() for name in here]
    return sorted(names)
