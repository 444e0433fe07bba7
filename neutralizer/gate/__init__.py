"""What others report, held against what we compute, before anything is decided."""

from dataclasses import replace
from pathlib import Path

from neutralizer.errors import InputsRefused, InputsTooOld, Issues
from neutralizer.gate import previous as earlier
from neutralizer.gate.against import NOTHING_ELSE, Against
from neutralizer.gate.calibrated import NAME as COSTS
from neutralizer.gate.calibrated import no_longer_calibrated
from neutralizer.gate.clock import is_live, is_past
from neutralizer.gate.open_orders import not_on_its_way
from neutralizer.gate.reported import margin_agrees, market_value_agrees, marks_agree
from neutralizer.gate.waived import let_pass, names_tables, still_holds
from neutralizer.load.firm.model_card import NAME as CARD
from neutralizer.load.firm.model_card import expired
from neutralizer.load.scenario import Loaded, load


def checked(root: Path, overrides: tuple[str, ...] = (), against: Against = NOTHING_ELSE) -> Loaded:
    """A scenario that was read and agrees with what it is held against.

    Raises InputsRefused, InputsTooOld, NotApproved where a waiver has expired or is by who may not, Tampered.
    """
    still_holds(against.waivers)
    return agrees(load(root, overrides, frozenset(against.waivers.stale)), against)


def agrees(loaded: Loaded, against: Against = NOTHING_ELSE) -> Loaded:
    """What was read, with notices, where it agrees with what it is held against.

    Raises InputsRefused, InputsTooOld, Tampered.
    """
    is_live(loaded, against.live)
    is_past(loaded)
    if against.day not in (None, loaded.scenario.business_date):
        raise InputsTooOld(
            f"the scenario is of {loaded.scenario.business_date}, not of {against.day}"
        )
    names_tables(against.waivers, loaded)
    costs = loaded.inputs.settings.costs
    for name, late in (
        (CARD, expired(loaded.scenario.business_date)),
        (COSTS, no_longer_calibrated(costs, loaded.scenario.business_date)),
    ):
        if late and name not in against.waivers.stale:
            raise InputsTooOld(late)
    issues = Issues()
    market_value_agrees(loaded, issues)
    margin_agrees(loaded, issues)
    marks_agree(loaded, issues)
    if against.previous is not None:
        loaded = _follows(loaded, against.previous, against, issues)
    if issues.errors:
        raise InputsRefused(issues.found)
    told = list(loaded.notices) + let_pass(against.waivers)
    if against.handoff is not None:
        told += not_on_its_way(loaded, against.handoff)
    return replace(loaded, notices=tuple(told))


def _follows(loaded: Loaded, folder: Path, against: Against, issues: Issues) -> Loaded:
    """With jumps and breaks against an earlier run: among the issues, or only told."""
    before = earlier.previous(folder)
    follows = earlier.rolled(loaded, before, against.handoff)
    earlier.jumps(loaded, before, follows, against.waivers, issues)
    told = earlier.standing_still(loaded, before, against.waivers)
    found = earlier.breaks(loaded, follows)
    sentences = list(earlier.break_sentences(found, before))
    if loaded.inputs.settings.checks.breaks == "report":
        told += sentences
    else:
        remedy = "find the trades that are missing, or set checks.breaks=report"
        for sentence in sentences:
            issues.error("positions", 0, "", None, sentence, remedy)
    return replace(loaded, notices=tuple(told), previous=before.run.run_id)
