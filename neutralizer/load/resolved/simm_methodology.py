"""What the SIMM methodology says of each line: its class, weight, threshold, and what it joins with."""

from collections.abc import Callable
from dataclasses import dataclass

from neutralizer.load.written.simm_parameters import BadParameters, Parameters

CLASS_OF = {
    "Risk_IRCurve": "InterestRate",
    "Risk_Inflation": "InterestRate",
    "Risk_XCcyBasis": "InterestRate",
    "Risk_IRVol": "InterestRate",
    "Risk_CreditQ": "CreditQualifying",
    "Risk_CreditNonQ": "CreditNonQualifying",
    "Risk_Equity": "Equity",
    "Risk_Commodity": "Commodity",
    "Risk_FX": "FX",
}
TENORS = ("2w", "1m", "3m", "6m", "1y", "2y", "3y", "5y", "10y", "15y", "20y", "30y")
CREDIT_TENORS = ("1y", "2y", "3y", "5y", "10y")
UNITS = {"w": 7.0, "m": 365 / 12, "y": 365.0}  # days
RESIDUAL = "Residual"
HORIZON = 1.4  # calendar days of curvature a business day of the margin period


@dataclass(frozen=True, order=True)
class Line:
    """One sensitivity: what rows of the same line add up to."""

    product: str
    risk_class: str
    measure: str
    bucket: str  # of interest rates, the currency
    name: str  # issuer, stock, commodity or currency
    tenor: str
    curve: str
    risk_type: str


@dataclass(frozen=True)
class Row:
    """One row of the format, its amount in base currency."""

    column: int  # instrument
    product: str
    risk_type: str
    qualifier: str
    bucket: str
    label1: str
    label2: str
    amount: float


def days_of(tenor: str) -> float:
    """Calendar days of a tenor such as 2w or 10y. Raises BadParameters."""
    if tenor[-1:] not in UNITS or not tenor[:-1].isdigit():
        raise BadParameters(f"{tenor!r} is not a tenor: one of {' '.join(TENORS)}")
    return float(tenor[:-1]) * UNITS[tenor[-1]]


def line_of(row: Row, measure: str) -> Line:
    """The line that a row adds to. Raises BadParameters where SIMM has no such row."""
    risk_class = CLASS_OF.get(row.risk_type)
    if risk_class is None:
        raise BadParameters(f"{row.risk_type} is not computed: {', '.join(sorted(CLASS_OF))} are")
    tenor, curve = row.label1.lower(), ""
    bucket = RESIDUAL if row.bucket.lower() == "residual" else row.bucket
    if risk_class == "InterestRate":
        bucket, curve = row.qualifier, row.label2 if row.risk_type == "Risk_IRCurve" else ""
        tenor = "" if row.risk_type in ("Risk_Inflation", "Risk_XCcyBasis") else tenor
    elif risk_class == "FX":
        bucket = ""
    if risk_class not in ("InterestRate", "CreditQualifying", "CreditNonQualifying"):
        tenor = ""
    allowed = TENORS if risk_class == "InterestRate" else CREDIT_TENORS
    if tenor and tenor not in allowed:
        raise BadParameters(f"{row.label1!r} is not a tenor: one of {' '.join(allowed)}")
    with_tenor = ("Risk_IRCurve", "Risk_IRVol", "Risk_CreditQ", "Risk_CreditNonQ")
    if not tenor and row.risk_type in with_tenor:
        raise BadParameters("no tenor in label1")
    return Line(
        row.product, risk_class, measure, bucket, row.qualifier, tenor, curve, row.risk_type
    )


class Rules:
    """What the methodology says of a line, looked up in one version of the parameters."""

    def __init__(self, parameters: Parameters, calculation: str) -> None:
        self.of = parameters
        self.calculation = calculation

    def group(self, line: Line) -> tuple[str, ...] | None:
        """What is concentrated together; None where nothing is."""
        if line.measure == "curvature" or line.risk_type == "Risk_XCcyBasis":
            return None
        name = line.bucket if line.risk_class == "InterestRate" else line.name
        return (line.product, line.risk_class, line.measure, line.bucket, name)

    def threshold(self, group: tuple[str, ...]) -> float:
        """Million US dollars per basis point, per cent, or of vega."""
        _, risk_class, measure, bucket, name = group
        kind = measure.title()
        if risk_class in ("InterestRate", "FX"):
            lists = f"{risk_class}/ConcentrationThresholds/CurrencyLists"
            bucket = self.of.currency_bucket(lists, name)
        return self.of.number(
            f"{risk_class}/ConcentrationThresholds/{kind}/Threshold", bucket=bucket
        )

    def weight(self, line: Line) -> float:
        """Risk weight; curvature has none."""
        if line.measure == "curvature":
            return 1.0
        path, kind = f"{line.risk_class}/RiskWeights", line.measure.title()
        if line.measure == "vega":
            return self.of.number(f"{path}/Vega/Weight")
        if line.risk_type in ("Risk_Inflation", "Risk_XCcyBasis"):
            return self.of.number(f"{path}/{line.risk_type.removeprefix('Risk_')}")
        if line.risk_class == "InterestRate":
            bucket = self.of.currency_bucket(f"{path}/CurrencyLists", line.bucket)
            return self.of.number(f"{path}/{kind}/Weight", bucket=bucket, label1=line.tenor)
        if line.risk_class == "FX":
            pair = {"label1": self._swings(self.calculation), "label2": self._swings(line.name)}
            return self.of.number(f"{path}/{kind}/Weight", **pair)
        return self.of.number(f"{path}/{kind}/Weight", bucket=line.bucket)

    def _swings(self, currency: str) -> str:
        """The volatility group of a currency."""
        return self.of.currency_bucket("FX/RiskWeights/CurrencyLists", currency)

    def within(self, a: Line, b: Line) -> float:
        """Correlation of two lines of one bucket; of curvature, its square."""
        if a == b:
            return 1.0
        rules: dict[str, Callable[[Line, Line], float]] = {
            "InterestRate": self._rates,
            "CreditQualifying": self._issuers,
            "CreditNonQualifying": self._issuers,
            "FX": self._currencies,
        }
        found = rules.get(a.risk_class, self._names)(a, b)
        return found**2 if a.measure == "curvature" else found

    def _rates(self, a: Line, b: Line) -> float:
        path = "InterestRate/Correlations"
        types = {a.risk_type, b.risk_type}
        for name in ("XCcyBasis", "Inflation"):
            if f"Risk_{name}" in types:
                return self.of.number(f"{path}/{name}")
        curves = 1.0 if a.curve == b.curve else self.of.number(f"{path}/SubCurves")
        same = a.tenor == b.tenor
        return curves * (
            1.0 if same else self.of.pair(f"{path}/IntraBucket/Correlation", a.tenor, b.tenor)
        )

    def _issuers(self, a: Line, b: Line) -> float:
        kind = "residual" if a.bucket == RESIDUAL else "aggregate"
        same = "same" if a.name == b.name else "different"
        path = f"{a.risk_class}/Correlations/IntraBucket/Correlation"
        return self.of.number(path, label1=kind, label2=same)

    def _names(self, a: Line, b: Line) -> float:
        if a.bucket == RESIDUAL:
            return 0.0
        return self.of.number(
            f"{a.risk_class}/Correlations/IntraBucket/Correlation", bucket=a.bucket
        )

    def _currencies(self, a: Line, b: Line) -> float:
        words = {
            "bucket": self._swings(self.calculation),
            "label1": self._swings(a.name),
            "label2": self._swings(b.name),
        }
        return self.of.number("FX/Correlations/IntraBucket/Correlation", **words)

    def between(self, risk_class: str, measure: str, a: str, b: str) -> float:
        """Correlation of two buckets; of curvature, its square."""
        if a == b:
            return 1.0
        if RESIDUAL in (a, b):
            return 0.0
        path = f"{risk_class}/Correlations"
        if risk_class == "InterestRate":
            found = self.of.number(f"{path}/Outer")
        else:
            found = self.of.pair(f"{path}/InterBucket/Correlation", a, b)
        return found**2 if measure == "curvature" else found

    def curvature(self) -> float:
        """Interest rate curvature is over the square of the historical volatility ratio."""
        return self.of.number("InterestRate/RiskWeights/HistoricalVolatilityRatio") ** -2

    def classes(self, names: set[str]) -> dict[tuple[str, str], float]:
        """Correlation of the risk classes that occur."""
        path = "RiskClassCorrelations/Correlation"
        pairs = [(a, b) for a in sorted(names) for b in sorted(names) if a != b]
        return {(a, b): self.of.pair(path, a, b) for a, b in pairs} | {(a, a): 1.0 for a in names}
