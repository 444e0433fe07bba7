"""Invented SIMM parameters in the format of the real ones: no number here is ISDA's."""

TENORS = ("2w", "1m", "3m", "6m", "1y", "2y", "3y", "5y", "10y", "15y", "20y", "30y")
CLASSES = (
    "InterestRate",
    "CreditQualifying",
    "CreditNonQualifying",
    "Equity",
    "Commodity",
    "FX",
)


def _tag(name: str, value: object, **attributes: object) -> str:
    words = "".join(f' {k}="{v}"' for k, v in attributes.items())
    return f"<{name}{words}>{value}</{name}>"


def _part(name: str, *inside: str, **attributes: object) -> str:
    return _tag(name, "".join(inside), **attributes)


def _currencies() -> str:
    own = {"USD": 1, "EUR": 1, "Other": 2}
    return _part("CurrencyLists", *(_tag("Currency", c, bucket=b) for c, b in own.items()))


def _thresholds(buckets: tuple[object, ...], size: float, lists: bool = False) -> str:
    inside = [_tag("Threshold", size * (k + 1), bucket=b) for k, b in enumerate(buckets)]
    found = [_part("Delta", *inside), _part("Vega", *inside)]
    return _part("ConcentrationThresholds", *found, *([_currencies()] if lists else []))


def _rates(size: float) -> str:
    weights = [
        _tag("Weight", 40 + 5 * k + 20 * b, bucket=b, label1=t)
        for b in (1, 2)
        for k, t in enumerate(TENORS)
    ]
    pairs = [
        _tag("Correlation", round(0.97 ** abs(a - b), 6), label1=TENORS[a], label2=TENORS[b])
        for a in range(12)
        for b in range(12)
        if a != b
    ]
    return _part(
        "InterestRate",
        _part(
            "RiskWeights",
            _part("Delta", *weights, mporDays=10),
            _part("Vega", _tag("Weight", 0.2), mporDays=10),
            _tag("HistoricalVolatilityRatio", 0.5, mporDays=10),
            _tag("Inflation", 50, mporDays=10),
            _tag("XCcyBasis", 20, mporDays=10),
            _currencies(),
        ),
        _part(
            "Correlations",
            _part("IntraBucket", *pairs),
            _tag("SubCurves", 0.99),
            _tag("Inflation", 0.25),
            _tag("XCcyBasis", 0.05),
            _tag("Outer", 0.3),
        ),
        _thresholds((1, 2), size, lists=True),
    )


def _names(name: str, size: float, within: list[str], buckets: tuple[object, ...]) -> str:
    weights = [_tag("Weight", 20 + 3 * k, bucket=b) for k, b in enumerate(buckets)]
    between = [
        _tag("Correlation", 0.2, label1=a, label2=b) for a in buckets for b in buckets if a != b
    ]
    return _part(
        name,
        _part("RiskWeights", _part("Delta", *weights, mporDays=10)),
        _part("Correlations", _part("IntraBucket", *within), _part("InterBucket", *between)),
        _thresholds(buckets, size),
    )


def _fx(size: float) -> str:
    groups = [(a, b) for a in (1, 2) for b in (1, 2)]
    weights = [_tag("Weight", 6 + 2 * a + 3 * b, label1=a, label2=b) for a, b in groups]
    within = [
        _tag("Correlation", 0.1 * (a + b), bucket=c, label1=a, label2=b)
        for a, b in groups
        for c in (1, 2)
    ]
    return _part(
        "FX",
        _part("RiskWeights", _part("Delta", *weights, mporDays=10), _currencies()),
        _part("Correlations", _part("IntraBucket", *within)),
        _thresholds((1, 2), size, lists=True),
    )


def parameters(size: float = 1e6) -> str:
    """The file; size: of the concentration thresholds, million US dollars."""
    buckets = (1, 2, "Residual")
    same = [
        _tag("Correlation", 0.5 + 0.2 * s, label1=kind, label2="same" if s else "different")
        for kind in ("aggregate", "residual")
        for s in (0, 1)
    ]
    flat = [_tag("Correlation", 0.3, bucket=b) for b in (1, 2)]
    pairs = [
        _tag("Correlation", 0.15, label1=a, label2=b) for a in CLASSES for b in CLASSES if a != b
    ]
    return _part(
        "SIMMCalibrationData",
        _part(
            "SIMMCalibration",
            _part("VersionNames", _tag("Name", "invented")),
            _rates(size),
            _names("CreditQualifying", size, same, buckets),
            _names("CreditNonQualifying", size, same, buckets),
            _names("Equity", size, flat, buckets),
            _names("Commodity", size, flat, (1, 2)),
            _fx(size),
            _part("RiskClassCorrelations", *pairs),
        ),
    )
