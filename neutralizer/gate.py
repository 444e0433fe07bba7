"""What others report, held against what we reckon, before anything is decided."""

from pathlib import Path

import numpy as np

from neutralizer import margin
from neutralizer.domain.trades import nothing
from neutralizer.errors import InputsRefused
from neutralizer.issues import Issues
from neutralizer.load.scenario import Loaded, load


def checked(root: Path, overrides: tuple[str, ...] = ()) -> Loaded:
    """A scenario that was read and agrees with the reports in it. Raises InputsRefused, InputsTooOld."""
    loaded = load(root, overrides)
    issues = Issues()
    _margin_agrees(loaded, issues)
    if issues.errors:
        raise InputsRefused(issues.found)
    return loaded


def _margin_agrees(loaded: Loaded, issues: Issues) -> None:
    """What each account's model asks for now is what its broker says, to `checks.reported_margin`."""
    s, table = loaded.scenario, loaded.inputs["accounts"]
    allowed = loaded.inputs.settings.checks.reported_margin
    called = margin.amounts(nothing(s), s) * s.accounts.multiplier / s.pools.fx[s.accounts.pool]
    ours = dict(zip(s.accounts.ids, called.tolist(), strict=True))
    for row, name in enumerate(table["account_id"]):
        theirs = float(table["reported_margin"][row])
        if np.isfinite(theirs) and abs(ours[name] - theirs) > allowed * max(ours[name], theirs):
            apart = abs(ours[name] - theirs) / max(ours[name], theirs)
            reason = (
                f"the model asks for {ours[name]:,.2f}: {apart:.1%} apart, {allowed:.1%} allowed"
            )
            remedy = "check units, arrays and positions; or set checks.reported_margin"
            table.error(issues, row, "reported_margin", reason, remedy)
