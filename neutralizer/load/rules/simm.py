"""Rules about SIMM: its parameters are there, and know every sensitivity."""

from neutralizer.errors import Issues
from neutralizer.load.resolved.currencies import fx_rates
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.resolved.simm import DOLLAR, rows_of, simm_of
from neutralizer.load.resolved.simm_methodology import CLASS_OF, Row
from neutralizer.load.written.folder import SCENARIO_FILE
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.simm_parameters import BadParameters
from neutralizer.load.written.values import nearest


def parameters_are_there(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """An account by SIMM needs the parameters, and a rate for the dollar of the thresholds."""
    accounts = inputs["accounts"]
    own = [r for r, model in enumerate(accounts["model"]) if model == "simm"]
    if own and inputs.settings.simm.parameters is None:
        remedy = "write simm: {parameters: FILE} in scenario.yaml"
        accounts.error(issues, own[0], "model", "no parameters for simm", remedy)
    if own and DOLLAR not in {*inputs["fx"]["currency"], inputs.settings.base_currency}:
        reason = f"no rate for {DOLLAR}, in which the concentration thresholds are"
        accounts.error(issues, own[0], "model", reason, "add it to fx")


def sensitivities_are_computable(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Each row is of a type, bucket and tenor that the parameters know."""
    table = inputs["crif"]
    for row, kind in enumerate(table["risk_type"]):
        if kind and kind not in CLASS_OF:
            remedy = f"{', '.join(CLASS_OF)} are" + nearest(kind, list(CLASS_OF))
            table.error(issues, row, "risk_type", "not computed here", remedy)
    if inputs.simm is None or issues.errors:
        return
    rows = rows_of(inputs, select, fx_rates(inputs))
    for row, found in enumerate(rows):
        reason = _fault(inputs, [found])
        if reason:
            table.error(
                issues, row, "risk_type", reason, "correct the row, or name newer parameters"
            )
    reason = "" if issues.errors else _fault(inputs, rows)
    if reason:
        line = inputs.line("simm", "parameters")
        remedy = "name the whole parameters of one SIMM version"
        issues.error(SCENARIO_FILE, line, "simm.parameters", None, reason, remedy)


def _fault(inputs: Inputs, rows: list[Row]) -> str:
    """Why rows cannot be computed together; blank where they can."""
    if inputs.simm is None:
        return ""
    settings = inputs.settings
    calculation = settings.simm.calculation_currency or settings.base_currency
    width = 1 + max((r.column for r in rows), default=0)
    try:
        simm_of(rows, inputs.simm, width, calculation, 1.0, {}, 1)
    except BadParameters as error:
        return str(error)
    return ""
