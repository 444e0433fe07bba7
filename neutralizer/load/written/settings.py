"""scenario.yaml beside its tables: the settings, typed and checked in one pass by pydantic."""

import re
from collections.abc import Collection
from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from neutralizer.errors import Issues
from neutralizer.load.written import values
from neutralizer.load.written.columns import (
    NUMBERED,
    RISK_TABLES,
    TABLES,
    AssetClass,
)
from neutralizer.load.written.yaml_text import Path, YamlText


def text(read: Any) -> BeforeValidator:
    """Reads the text of a scalar by our own rules before pydantic sees it."""
    return BeforeValidator(lambda v: read(v) if isinstance(v, str) else v)


NotNegative = Annotated[float, text(values.number), Field(ge=0)]
Identifier = Annotated[str, text(values.identifier)]
Day = Annotated[date, text(values.business_day)]
Instant = Annotated[datetime, text(values.instant)]
Tenor = Annotated[str, text(values.tenor)]
Duration = Annotated[timedelta, text(values.duration)]


class Strict(BaseModel):
    """Nothing beside its own fields, and nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def said(default: Any, meaning: str) -> Any:
    """A setting's default and what it means, as docs/settings.md and the JSON Schema tell it."""
    return Field(default=default, description=meaning)


def needed(meaning: str) -> Any:
    """What a setting without a default means."""
    return Field(description=meaning)


class ClassCosts(Strict):
    """What fills of an asset class say of the costs that are modelled, as `calibrate` writes it."""

    half_spread: NotNegative = said(1.0, "times the half spread of its instruments")
    impact: NotNegative = said(1.0, "times `costs.impact_coefficient`")


class CostSettings(Strict):
    """How costs are computed."""

    impact: Literal["three_halves", "quadratic"] = said(
        "three_halves", "how market impact grows with the size of an order"
    )
    impact_coefficient: NotNegative = said(1.0, "of market impact; 0: no impact")
    booking_fee_bps: NotNegative = said(0.1, "on every change of a position, of its notional")
    horizon_days: NotNegative = said(
        1.0, "days that financing, funding and borrowing are charged for"
    )
    risk_aversion: NotNegative = said(0.0, "charge per unit of the firm's daily variance")
    dislocation_budget: NotNegative = said(
        0.0, "the most that `dislocations` may count for, base currency; 0: they count for nothing"
    )
    asset_classes: dict[AssetClass, ClassCosts] = said({}, "what fills say of them")
    valid_until: Day | None = said(
        None, "the last business date on which these hold; a later one is too old for them"
    )


class LotSettings(Strict):
    """Smallest lines worth a ticket. A smaller line is held at nothing, unless a position of the same
    instrument is closed with it or no answer is found without it, which a finding says.
    """

    minimum_order_notional: NotNegative = said(0.0, "of an order, base currency")
    minimum_transfer_notional: NotNegative = said(0.0, "of a transfer, base currency")


class SolveSettings(Strict):
    """Which solver, and for how long."""

    solver: Literal["auto", "clarabel", "osqp", "blocks"] = said(
        "auto",
        "`auto` is Clarabel, and of a large program the method by blocks before it; `blocks` asks for that method at any size, `osqp` for OSQP where nothing is curved. Clarabel answers where theirs is not certified",
    )
    time_limit: Duration = said(timedelta(seconds=600), "of a run, for all its solves together")
    memory_limit_gb: Annotated[float, text(values.number), Field(gt=0)] = said(8.0, "of each solve")


class CheckSettings(Strict):
    """How far what others report may lie from what we compute before a run is refused: where nothing
    else is said, a share of the larger. A repaired covariance keeps its variances: eigenvalues of its
    correlation below zero become zero, and a warning says what moved most.
    """

    reported_margin: NotNegative = said(
        0.05, "of `accounts.reported_margin` from the model's margin"
    )
    reported_market_value: NotNegative = said(
        0.05,
        "of `books.reported_market_value` from its fully paid positions",
    )
    price_beyond_quotes_bps: NotNegative = said(
        0.0,
        "of `instruments.price` outside `bid` and `ask`, basis points of it",
    )
    mark_price: NotNegative = said(
        0.05,
        "of a book's own `positions.mark_price` from the price",
    )
    breaks: Literal["report", "refuse"] = said(
        "report", "`refuse`: a position that does not follow from `--previous` ends with 3"
    )
    repair_psd: Literal["yes", "no"] = said(
        "no",
        "`yes`: a covariance that is not positive semidefinite is repaired, not refused",
    )


class StressSettings(Strict):
    """What changes with prices under a shock: factors, 1 for no change."""

    margin: Annotated[float, text(values.number), Field(ge=1)] = said(1.0, "on margin multipliers")
    half_spread: Annotated[float, text(values.number), Field(ge=1)] = said(1.0, "on half spreads")
    adv: Annotated[float, text(values.number), Field(gt=0, le=1)] = said(1.0, "on ADV")


class SimmSettings(Strict):
    """What SIMM is computed with. The file has the format of Open Source Risk Engine; its numbers are
    ISDA's, and none ship here.
    """

    parameters: str | None = said(
        None,
        "the XML file of one SIMM version in the scenario's folder",
    )
    days: Annotated[Literal[10, 1], BeforeValidator(lambda v: {"10": 10, "1": 1}.get(v, v))] = said(
        10, "margin period of risk"
    )
    calculation_currency: Identifier | None = said(
        None, "the currency without FX risk; else the base currency"
    )
    multipliers: dict[str, NotNegative] = said({}, "by product class; else 1")


class BaselineSettings(Strict):
    """What the baseline, each book alone, is compared at."""

    firm_volatility: NotNegative | None = said(
        None,
        "daily, base currency, for `saving_equal_risk`; else what the baseline leaves",
    )


class HorizonSettings(Strict):
    """The days that are decided together. Only today's decisions become tickets."""

    days: Annotated[int, text(values.number), Field(ge=1, le=20)] = said(
        1, "business days from the execution date on, that one counted; 1: today alone"
    )
    impact: Literal["remembered", "fresh"] = said(
        "remembered",
        "`remembered`: the market remembers what was traded on the days before, and impact is that of all days "
        "together; `fresh`: every day begins anew, which makes waiting look cheaper than it is",
    )
    decay: dict[str, Annotated[float, text(values.number), Field(ge=0, le=1)]] = said(
        {},
        "by selector of instruments: the share of today's position that is expected to be offset each day, by clients",
    )


class StressedModel(Strict):
    """Another covariance of the same factors or instruments, in the same units."""

    factor_covariance: Any = said(None, "of the factors")
    covariance: Any = said(None, "of the instruments")
    specific_scale: NotNegative = said(1.0, "a factor on every specific volatility")


class RiskFiles(Strict):
    """The risk tables and their units."""

    units: Literal["daily_fraction", "annual_fraction", "annual_percent"] = needed(
        "of volatilities and covariances; 252 days a year"
    )
    factors: Any = None
    loadings: Any = None
    factor_covariance: Any = None
    covariance: Any = None
    models: dict[Identifier, StressedModel] = said(
        {},
        "other covariances: volatility limits hold under each, or that of their target",
    )


class TableFiles(Strict):
    """Each table: rows, the name of a CSV file, {file, as_of}, or senders' files with their layouts."""

    books: Any
    instruments: Any
    positions: Any
    open_orders: Any = None
    book_accounts: Any = None
    accounts: Any = None
    pools: Any = None
    cash_routes: Any = None
    collateral: Any = None
    margin_rates: Any = None
    mandates: Any = None
    targets: Any = None
    measured: Any = None
    dislocations: Any = None
    rolls: Any = None
    flows: Any = None
    cash_flows: Any = None
    restricted: Any = None
    borrow: Any = None
    limits: Any = None
    crossing_groups: Any = None
    barriers: Any = None
    combinations: Any = None
    fx: Any = None
    shocks: Any = None
    scan_arrays: Any = None
    scan_groups: Any = None
    scan_credits: Any = None
    crif: Any = None
    risk: RiskFiles | None = None


class Settings(Strict):
    """The whole of scenario.yaml. Ages leave out the days on which the calendar has no business; a row's
    own time (`price_time`, `positions.as_of`) beats the `as_of` of its table, and a row without one
    takes that.
    """

    format: Annotated[Literal[1], BeforeValidator(lambda v: 1 if v == "1" else v)] = needed(
        "of this file"
    )
    name: Identifier = needed("of the scenario; ticket ids contain it in their hash")
    as_of: Instant = needed(
        "when the inputs are of. No time of a price, a position or a table is later"
    )
    business_date: Day | None = said(
        None, "the date on the tickets, not before that of `as_of`; else that date"
    )
    execution_date: Day | None = said(
        None, "when the hedges trade, not before `business_date`; else `business_date`"
    )
    calendar: str = said(
        "",
        "a code of the `holidays` package, such as `XNYS`, for settlement dates; else Monday to Friday",
    )
    base_currency: Identifier = needed("everything is decided and reported in it")
    tables: TableFiles
    costs: CostSettings = CostSettings()
    lots: LotSettings = LotSettings()
    freshness: dict[str, Duration] = said(
        {},
        "the greatest age against `as_of` by table; one that is not named is not checked",
    )
    solve: SolveSettings = SolveSettings()
    baseline: BaselineSettings = BaselineSettings()
    horizon: HorizonSettings = HorizonSettings()
    checks: CheckSettings = CheckSettings()
    expired: Literal["refuse", "keep"] = said(
        "refuse",
        "`keep`: a position past its instrument's `expiry`, such as one in delivery, stays and counts "
        "as its rows say, and a finding names it",
    )
    tenors: list[Tenor] = said(
        [],
        "buckets of time to expiry, such as `[1m, 3m, 1y]`, in order: each is a factor `tenor-3m` of notional, and "
        "what expires between two counts in both, in proportion",
    )
    stress: StressSettings = StressSettings()
    simm: SimmSettings = SimmSettings()
    fairness: Literal["none", "make_good"] = said(
        "none",
        "`make_good`: books that pay more together than alone are compensated in books.csv",
    )


NEEDED_TABLES = ("books", "instruments", "positions")
_STAND_INS: dict[str, Any] = {
    "format": "1",
    "name": "unnamed",
    "as_of": "2000-01-01T00:00:00Z",
    "base_currency": "XXX",
    "tables": {},
}


def read_settings(document: YamlText, issues: Issues) -> Settings | None:
    """Types the document; every mistake with its line, hint and remedy. Where there are mistakes, what
    is left serves to check the tables as well; None where nothing is left.
    """
    try:
        return Settings.model_validate(document.root)
    except ValidationError as error:
        mistakes = error.errors()
    paths = [mistake["loc"] for mistake in mistakes]
    for path, mistake in zip(paths, mistakes, strict=True):
        _report(document, path, dict(mistake), issues)
    return _salvaged(document.root, paths)


def _salvaged(root: dict[str, Any], paths: list[Path]) -> Settings | None:
    rest = deepcopy(root)
    for path in paths:
        where: Any = rest
        for step in path[:-1]:
            where = where.get(step) if isinstance(where, dict) else None
        if isinstance(where, dict):
            where.pop(path[-1], None)
    rest = _STAND_INS | rest
    tables = rest["tables"] = {name: [] for name in NEEDED_TABLES} | rest["tables"]
    if isinstance(tables.get("risk"), dict):
        tables["risk"].setdefault("units", "daily_fraction")
    try:
        return Settings.model_validate(rest)
    except ValidationError:
        return None


def _report(document: YamlText, path: Path, mistake: dict[str, Any], issues: Issues) -> None:
    value = mistake["input"] if isinstance(mistake["input"], str) else None
    dotted = ".".join(map(str, path))
    if mistake["type"] == "extra_forbidden":
        hint = values.nearest(str(path[-1]), _known_keys(path))
        reason, remedy, value = "unknown key", "remove or rename it" + hint, None
    elif mistake["type"] == "missing":
        reason, remedy, value = "required key is missing", "add it", None
    else:
        reason = "not a valid value"
        remedy = re.sub(r"^Value error, ", "", mistake["msg"]).replace(
            "Input should be", "it must be"
        )
    issues.error(document.file, document.line(path), dotted, value, reason, remedy)


def _known_keys(path: Path) -> list[str]:
    model: Any = Settings
    for step in path[:-1]:
        annotation = model.model_fields[step].annotation if hasattr(model, "model_fields") else None
        model = RiskFiles if step == "risk" else annotation
    return list(getattr(model, "model_fields", {}))


def override(document: YamlText, setting: str, issues: Issues) -> None:
    """Applies one `--set dotted.key=value` to a scalar of the settings."""
    dotted, equals, value = setting.partition("=")
    *parents, last = dotted.split(".")
    where = document.root
    for step in parents:
        where = where.setdefault(step, {}) if isinstance(where, dict) else None
    if not equals or not isinstance(where, dict) or isinstance(where.get(last), dict | list):
        issues.error(
            "--set", 0, dotted, value, "does not name a scalar", "write costs.booking_fee_bps=0.2"
        )
        return
    if dotted.startswith("tables"):
        issues.error("--set", 0, dotted, value, "tables cannot be overridden", "edit the scenario")
        return
    where[last] = value


def schema() -> dict[str, Any]:
    """JSON Schema of scenario.yaml for editors, with the columns of rows written in the YAML."""
    found = Settings.model_json_schema()
    for definition, names in (("TableFiles", tuple(TABLES)), ("RiskFiles", RISK_TABLES)):
        properties = found["$defs"][definition]["properties"]
        for name in names:
            if name in properties and name in TABLES:
                properties[name] = _table_schema(name)
    return found


def _table_schema(name: str) -> dict[str, Any]:
    columns = {
        c.name: {"description": c.doc} | _cell_schema(c.kind, c.choices) for c in TABLES[name]
    }
    required = [c.name for c in TABLES[name] if c.required]
    row: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": columns,
        "required": required,
    }
    if name in NUMBERED:
        row["patternProperties"] = {f"^{NUMBERED[name].pattern}$": _cell_schema("number", ())}
    text = {"type": "string"}
    one = {"file": text, "layout": text, "set": {"type": "object", "additionalProperties": text}}
    several = {
        "type": "array",
        "items": {"type": "object", "properties": one, "required": ["file"]},
    }
    files = {"type": "object", "properties": {**one, "files": several, "as_of": text}}
    return {"anyOf": [text, files, {"type": "array", "items": row}]}


def _cell_schema(kind: str, choices: Collection[str]) -> dict[str, Any]:
    if kind == "choice":
        return {"enum": list(choices)}
    if kind == "list":
        return {"type": "array"}
    return {"type": ["number", "string"] if kind == "number" else ["string", "number"]}
