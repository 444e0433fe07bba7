"""neutralizer: internal transfers, external hedges and cash in one convex program, with tickets.

`import neutralizer as nz` is the Python face: docs/python.md. Nothing heavy is loaded before a name
of it is asked for.
"""

from typing import TYPE_CHECKING, Any

from neutralizer.domain.version import VERSION as __version__

if TYPE_CHECKING:
    from neutralizer.errors import (
        CannotWrite,
        FolderTaken,
        Infeasible,
        InputsRefused,
        InputsTooOld,
        Issue,
        Locked,
        NeutralizerError,
        NotApproved,
        NotSolved,
        ProofFailed,
        Tampered,
        TimeIsUp,
    )
    from neutralizer.face import Report, Run, Scenario, read, scenario, solve
    from neutralizer.studies.frames import backtest, frontier, sensitivity, sweep

__all__ = [
    "CannotWrite",
    "FolderTaken",
    "Infeasible",
    "InputsRefused",
    "InputsTooOld",
    "Issue",
    "Locked",
    "NeutralizerError",
    "NotApproved",
    "NotSolved",
    "ProofFailed",
    "Report",
    "Run",
    "Scenario",
    "Tampered",
    "TimeIsUp",
    "__version__",
    "backtest",
    "frontier",
    "read",
    "scenario",
    "sensitivity",
    "solve",
    "sweep",
]
_OF = dict.fromkeys(("Report", "Run", "Scenario", "read", "scenario", "solve"), "face")
_OF |= dict.fromkeys(("backtest", "frontier", "sensitivity", "sweep"), "studies.frames")


def __getattr__(name: str) -> Any:
    """The names above, each loaded when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'neutralizer' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"neutralizer.{_OF.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
