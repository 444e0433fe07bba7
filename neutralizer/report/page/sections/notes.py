"""What to know before booking: findings, ages of the data, the solver, the inputs, the proof."""

from neutralizer.report.page.data import Run
from neutralizer.report.page.parts import Column, Part, Section, Table, Text, numbers


def section(run: Run) -> Section:
    """Always there: a reader must be able to check the page."""
    findings = run.summary.findings or ["nothing was found that a person should know first"]
    parts: list[Part] = [Text([f[:1].upper() + f[1:] for f in findings])]
    parts += [*_ages(run), *_solver(run), *_inputs(run)]
    parts.append(
        Text(
            [
                "To prove this folder again from its files alone: neutralizer verify DIR. Exit code 0: "
                "proven; 6: the proof fails; 11: a file is not what was written. "
                "To ask what a line is for: neutralizer explain DIR.",
                "Claimed by the solver, and not proven: the costs that the plan is compared with (before "
                "lots, each book alone, by hand, at equal firm risk), prices of limits and of the rest, and "
                "the shares that lines serve. All else follows from the inputs and the tickets.",
            ]
        )
    )
    return Section("notes", "Before you book", "Findings of the run, and how to check it.", parts)


def _ages(run: Run) -> list[Part]:
    """Tables of one age stand together."""
    ages: dict[str, list[str]] = {}
    for name, text in run.summary.data_ages.items():
        ages.setdefault(str(text), []).append(name)
    rows = [(", ".join(sorted(names)), text) for text, names in sorted(ages.items())]
    return (
        [Table("Age of the data at as_of", [Column("tables", "prose"), Column("age")], rows)]
        if rows
        else []
    )


def _solver(run: Run) -> list[Part]:
    solver = run.summary.solver
    rows = [(key.replace("_", " "), _plain(value)) for key, value in solver.items()]
    rows += [
        (f"rounding {key}".replace("_", " "), _plain(value))
        for key, value in run.summary.rounding.items()
    ]
    return [Table("Solver", [Column("what"), *numbers("value")], rows)] if rows else []


def _plain(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _inputs(run: Run) -> list[Part]:
    """No hash of their bytes: the same values in another order are the same run, and the same page."""
    found = run.inputs()
    rows = [(name, _rows(data) if name.endswith(".csv") else "") for name, data in found.items()]
    caption = "Inputs that were read (manifest.json has their hashes)"
    return [Table(caption, [Column("file"), *numbers("rows")], rows)] if rows else []


def _rows(data: bytes) -> str:
    return f"{sum(1 for line in data.splitlines() if line.strip()) - 1:,}"
