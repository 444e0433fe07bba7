"""A firm with people, keys and roles, for the tests of approvals and releases."""

import atexit
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from neutralizer.domain.calendar import is_business_day
from neutralizer.load.firm.files import SYSTEM
from neutralizer.records.journal import begin
from neutralizer.records.keys import new_key
from tests.conftest import SCENARIOS
from tests.tools.command_line import Done
from tests.tools.command_line import neutralizer as in_process

MAY = {
    "anna": "[approve, release]",
    "ben": "[approve, waive]",
    "cleo": "[prepare, approve, supersede]",
    "night": "[prepare, release]",
    "guest": "[]",
}


def without_firm_files() -> None:
    """Skips a test on a machine whose own firm's files would hold, whatever a variable names."""
    own = [str(path) for path in SYSTEM.glob("*.yaml")] if SYSTEM.is_dir() else []
    if own:
        pytest.skip(f"{', '.join(own)} hold on this machine")


def tonight(folder: Path, *changes: tuple[str, str]) -> Path:
    """two-desks as of now, so that an order may let it leave tonight, with texts changed; on a day off under a
    calendar that has business then.
    """
    text, now = (SCENARIOS / "two-desks" / "scenario.yaml").read_text(), datetime.now(UTC)
    calendar = next(x for x in OPEN if is_business_day(now.date(), x))
    at = now.isoformat(timespec="seconds") + (f"\ncalendar: {calendar}" if calendar else "")
    for old, new in (("2024-06-27T16:00:00-04:00", at), *changes):
        assert old in text
        text = text.replace(old, new)
    folder.mkdir(parents=True)
    (folder / "scenario.yaml").write_text(text)
    return folder


OPEN = "", "IR", "HK", "AF", "BN", "NE", "EG", "IL", "BD", "DZ"  # calendars of many weekends
ORDER = """\
name: nights
expires: 2199-12-31T23:59:00-05:00
scenarios: [two-desks]
kinds: [internal_transfers, cash_transfers]
currency: USD
largest_line: 6000000
total: 6000000
tickets: 1
accept: [no caps of the firm]
"""
SILENT = ("--set", "costs.impact_coefficient=0")  # leaves no finding to be read


@dataclass
class Firm:
    """Keys and roles.yaml in one folder, a journal, and what operations read."""

    root: Path
    keys: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        without_firm_files()
        for name in ("handoff", "journal", "runs"):
            (self.root / name).mkdir(parents=True)
        begin(self.journal)
        lines = []
        for name, may in MAY.items():
            private, public = new_key()
            self.keys[name] = self.root / f"{name}.pem"
            self.keys[name].write_bytes(private)
            self.keys[name].chmod(0o600)
            lines.append(f"  {name}: {{may: {may}, public_key: {public}}}")
        text = "approvers: 2\napproval_valid: 12h\npeople:\n" + "\n".join(lines) + "\n"
        (self.root / "roles.yaml").write_text(text)
        (self.root / "roles.yaml").chmod(0o644)  # whatever the umask here

    def copied(self, root: Path) -> "Firm":
        """The same firm in a folder of its own, with what it has done so far."""
        shutil.copytree(self.root, root)
        copy = object.__new__(Firm)
        copy.root, copy.keys = root, {name: root / f"{name}.pem" for name in self.keys}
        return copy

    @property
    def handoff(self) -> Path:
        """What operations read."""
        return self.root / "handoff"

    @property
    def journal(self) -> Path:
        """The journal's folder."""
        return self.root / "journal"

    def names(self) -> list[str]:
        """The files that operations see."""
        return sorted(p.name for p in self.handoff.iterdir() if not p.name.startswith("."))

    def does(self, name: str, *words: object, **environment: str) -> Done:
        """Runs the command line as somebody of the firm."""
        known = {
            "NEUTRALIZER_AS": name,
            "NEUTRALIZER_ROLES": str(self.root / "roles.yaml"),
            "NEUTRALIZER_JOURNAL": str(self.journal),
        }
        return in_process(*words, **(known | environment))

    def run(self, scenario: Path, *words: object, name: str = "night", out: str = "run") -> Path:
        """A run's folder that somebody prepared."""
        folder = self.root / "runs" / out
        done = self.does(name, "run", scenario, "--out", folder, "-q", "--no-baseline", *words)
        assert done.returncode == 0, done.stderr
        return folder

    def approves(self, name: str, what: Path) -> Done:
        """Signs without being asked."""
        return self.does(name, "approve", what, "--key", self.keys[name], "--yes")

    def approved(self, scenario: Path) -> Path:
        """A run's folder that two have approved."""
        folder = self.run(scenario)
        for name in ("anna", "cleo"):
            assert self.approves(name, folder).returncode == 0
        return folder

    def release(self, folder: Path, *words: object, name: str = "night") -> Done:
        """Hands over."""
        return self.does(name, "release", folder, "--to", self.handoff, *words)


def ordered(firm: Firm, text: str = ORDER) -> Path:
    """A standing order that two have signed."""
    order = firm.root / "order.yaml"
    order.write_text(text)
    for name in ("anna", "ben"):
        done = firm.approves(name, order)
        assert done.returncode == 0, done.stderr
    return order


@cache
def released_firm() -> Firm:
    """A firm that has released that run: 60,000 ETF from MM to ARB, 10 FUT sold; made once a process."""
    root = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    firm = approved_firm().copied(root / "firm")
    assert firm.release(firm.root / "runs" / "run").returncode == 0
    return firm


@cache
def approved_firm() -> Firm:
    """A firm whose run of two-desks anna and cleo have approved, made once a process: copy it."""
    root = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    firm = Firm(root / "firm")
    firm.approved(SCENARIOS / "two-desks")
    return firm
