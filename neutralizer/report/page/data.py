"""The run's files, read: the summary, and tables as rows of text."""

from collections.abc import Mapping

from neutralizer.domain.executions import live
from neutralizer.domain.summary import Summary
from neutralizer.domain.wishes import is_wish
from neutralizer.records.writing import rows_of

Row = dict[str, str]
INPUTS = "inputs/"


class Run:
    """What a page may know: nothing but the files."""

    def __init__(self, files: Mapping[str, bytes], summary: Summary | None = None) -> None:
        self.files = files
        self.summary = summary or Summary.read(files["summary.json"])
        self.money = self.summary.base_currency

    def rows(self, name: str) -> list[Row]:
        """A table's rows, none where the file is absent; without those that cancel an earlier ticket."""
        return live(self.every(name))

    def every(self, name: str) -> list[Row]:
        """A table's rows, with those that cancel an earlier ticket; none where the file is absent."""
        return rows_of(self.files, name)

    def limits(self) -> list[Row]:
        """The rows of limits.csv but for those of targets, which are told with what books wanted."""
        rows = self.rows("limits.csv")
        return [r for r in rows if not is_wish(r["limit_id"], r["scope"], r["target"])]

    def inputs(self) -> dict[str, bytes]:
        """The bytes that were read, by name."""
        names = sorted(n for n in self.files if n.startswith(INPUTS))
        return {name.removeprefix(INPUTS): self.files[name] for name in names}


def number(row: Row, column: str) -> float:
    """A cell as a number; 0 where it is blank or absent."""
    return float(row.get(column) or 0)


def bound(row: Row, column: str) -> float | None:
    """A cell as a number; None where it is blank: no bound."""
    return float(row[column]) if row.get(column) else None
