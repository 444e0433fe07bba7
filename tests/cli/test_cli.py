"""The command line: words in, exit code out."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from tests.conftest import ROOT
from tests.tools.command_line import Done, as_process, copied, neutralizer, tampered, tree

TWO_DESKS = ROOT / "scenarios" / "two-desks"
YAML = (TWO_DESKS / "scenario.yaml").read_text()

IMPOSSIBLE = YAML.replace("upper: 20000,", "upper: 20000, owner: risk,").replace(
    "  limits:\n",
    "  limits:\n"
    "    - {limit_id: keep-ETF, measure: gross, scope: firm, target: ETF, upper: 1000000}\n"
    "    - {limit_id: hold-ETF, measure: position, scope: firm, target: ETF, lower: 30000, owner: desk}\n",
)


def quick(scenario: Path, out: Path, *words: str) -> Done:
    return neutralizer("run", scenario, "--out", out, "--no-baseline", *words)


def scenario(path: Path, text: str = YAML) -> Path:
    path.mkdir()
    (path / "scenario.yaml").write_text(text)
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    done = quick(TWO_DESKS, out)
    assert done.returncode == 0, done.stderr
    return out


def test_done_is_0_and_again_is_0(finished: Path) -> None:
    before = tree(finished)
    again = quick(TWO_DESKS, finished)
    assert again.returncode == 0
    assert "already" in again.stderr
    assert tree(finished) == before
    verified = neutralizer("verify", finished)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert verified.stdout.endswith("| proven\n")


@pytest.mark.parametrize(
    "words",
    [
        ("run", "scenarios/two-desks"),
        ("run",),
        ("run", "scenarios/two-desks", "--out"),
        ("run", "scenarios/two-desks", "--dry-run", "--colour"),
        ("nonsense",),
        ("columns", "nonsense"),
        ("init", "x", "--from", "nonsense"),
        ("verify",),
    ],
)
def test_usage_is_2(words: tuple[str, ...]) -> None:
    done = neutralizer(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "setting",
    ["costs.booking_fee=1", "costs.booking_fee_bps", "costs=1", "tables.books=x.csv", "nothing.at.all=1", "=", "as_of=today", "costs.booking_fee_bps=1,0"],
)  # fmt: skip
def test_refused_inputs_are_3(setting: str, tmp_path: Path) -> None:
    done = neutralizer("run", TWO_DESKS, "--out", tmp_path / "run", "--set", setting)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("ERROR ")
    assert list(tmp_path.iterdir()) == []


def test_no_scenario_is_3(tmp_path: Path) -> None:
    for words in (("check", tmp_path), ("run", tmp_path / "no", "--out", tmp_path / "run")):
        done = neutralizer(*words)
        assert (done.returncode, done.stdout) == (3, "")
        assert "init" in done.stderr
    assert neutralizer("verify", tmp_path).returncode == 3
    assert neutralizer("verify", tmp_path / "no").returncode == 3


def test_infeasible_is_4_and_says_which_limits(tmp_path: Path) -> None:
    folder, out = scenario(tmp_path / "s", IMPOSSIBLE), tmp_path / "run"
    done = quick(folder, out)
    assert (done.returncode, done.stdout) == (4, "")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.refused", "s"]
    refused = tmp_path / "run.refused"
    assert sorted(p.name for p in refused.iterdir()) == ["conflicts.csv", "summary.json"]
    rows = list(csv.DictReader(io.StringIO((refused / "conflicts.csv").read_text())))
    assert {"keep-ETF", "hold-ETF"} >= {row["limit_id"] for row in rows} != set()
    summary = json.loads((refused / "summary.json").read_text())
    assert summary["status"] == "infeasible"
    assert "-ETF" in done.stderr
    first = tree(refused)
    assert quick(folder, out).returncode == 4
    assert {n: b for n, (_, b) in tree(refused).items()} == {n: b for n, (_, b) in first.items()}
    assert quick(TWO_DESKS, out).returncode == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run", "s"]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("hedges.csv", ",SELL,", ",BUY,"),
        ("hedges.csv", ",10,", ",11,"),
        ("hedges.csv", ",4000,", ",4001,"),
        ("internal_transfers.csv", ",60000,", ",59999,"),
        ("positions_after.csv", "ARB,ETF,-60000", "ARB,ETF,-60001"),
        ("limits.csv", "20000", "20001"),
        ("costs.csv", "ARB,booking_fee,", "MM,booking_fee,"),
    ],
)  # fmt: skip
def test_a_consistent_lie_is_6(
    finished: Path, tmp_path: Path, name: str, old: str, new: str
) -> None:
    done = neutralizer("verify", tampered(finished, tmp_path / "run", name, old, new))
    assert done.returncode == 6, done.stdout + done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_other_inputs_than_the_run_s_are_6(finished: Path, tmp_path: Path) -> None:
    other = scenario(tmp_path / "s", YAML.replace("quantity: 100000", "quantity: 100001"))
    assert neutralizer("verify", finished, "--scenario", other).returncode == 6
    assert neutralizer("verify", finished, "--scenario", TWO_DESKS).returncode == 0


def test_a_taken_folder_is_7_and_untouched(finished: Path, tmp_path: Path) -> None:
    before = tree(finished)
    done = quick(TWO_DESKS, finished, "--set", "costs.booking_fee_bps=0.2")
    assert (done.returncode, done.stdout) == (7, "")
    assert tree(finished) == before
    (tmp_path / "file").write_text("mine")
    assert quick(TWO_DESKS, tmp_path / "file", "--replace").returncode == 7
    assert (tmp_path / "file").read_text() == "mine"


def test_stale_inputs_are_10(tmp_path: Path) -> None:
    row = "{book_id: ARB, instrument_id: ETF, quantity: -60000"
    text = YAML.replace(row, row + ", as_of: 2024-06-26T15:00:00-04:00").replace(
        "quantity: 100000", "quantity: 100000, as_of: 2024-06-27T20:00:00+00:00"
    )
    folder = scenario(tmp_path / "s", text + "freshness: {positions: 24h}\n")
    done = quick(folder, tmp_path / "run")
    assert (done.returncode, done.stdout) == (10, "")
    assert "positions" in done.stderr
    assert neutralizer("check", folder).returncode == 10
    assert neutralizer("check", folder, "--set", "freshness.positions=25h").returncode == 0
    assert [p.name for p in tmp_path.iterdir()] == ["s"]


@pytest.mark.parametrize("name", ["hedges.csv", "summary.json", "inputs/scenario.yaml"])
def test_an_edited_file_is_11(finished: Path, tmp_path: Path, name: str) -> None:
    out = copied(finished, tmp_path / "run")
    (out / name).write_bytes((out / name).read_bytes() + b" ")
    done = neutralizer("verify", out)
    assert (done.returncode, done.stdout) == (11, "")
    assert name in done.stderr


def test_an_added_or_missing_file_is_11(finished: Path, tmp_path: Path) -> None:
    out = copied(finished, tmp_path / "run")
    (out / "extra.csv").write_text("")
    assert neutralizer("verify", out).returncode == 11
    (out / "extra.csv").unlink()
    assert neutralizer("verify", out).returncode == 0
    (out / "limits.csv").unlink()
    assert neutralizer("verify", out).returncode == 11
    assert quick(TWO_DESKS, out).returncode == 11


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"outputs": []}', "\x00"])
def test_an_unreadable_manifest_is_3(finished: Path, tmp_path: Path, content: str) -> None:
    out = copied(finished, tmp_path / "run")
    (out / "manifest.json").write_text(content)
    done = neutralizer("verify", out)
    assert done.returncode == 3, done.stderr


def test_help_and_version() -> None:
    assert as_process("--version").stdout.startswith("neutralizer, version ")
    helped = neutralizer("--help")
    assert helped.returncode == 0
    for command in ("init", "check", "run", "verify", "columns", "schema"):
        assert f"\n  {command}" in helped.stdout
        assert neutralizer(command, "-h").returncode == 0


def test_columns_and_schema() -> None:
    manual = neutralizer("columns")
    assert manual.returncode == 0
    assert "instrument_id*" in manual.stdout
    assert neutralizer("columns", "positions").stdout.startswith("positions\n")
    assert json.loads(neutralizer("schema").stdout)["properties"]["tables"]


def test_init_writes_a_scenario_once(tmp_path: Path) -> None:
    for words in ((), ("--from", "multi-asset"), ("--from", "equity-desks")):
        name = f"mine{len(words)}{words[-1] if words else ''}"
        assert neutralizer("init", name, *words, cwd=tmp_path).returncode == 0
        checked = neutralizer("check", name, cwd=tmp_path)
        assert (checked.returncode, checked.stdout[:3]) == (0, "OK ")
    before = tree(tmp_path)
    assert neutralizer("init", "mine0", cwd=tmp_path).returncode == 7
    assert tree(tmp_path) == before


LOADED = """
import sys
sys.argv[1:] = {words!r}
from neutralizer.cli.main import main
try:
    main()
finally:
    print(*sorted({{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("words", "never"),
    [
        (["--help"], {"numpy", "cvxpy", "pandas", "scipy", "pydantic"}),
        (["--version"], {"numpy", "cvxpy", "pandas", "scipy", "pydantic"}),
        (
            ["columns"],
            {"cvxpy", "pandas", "pydantic"},
        ),  # the names of measures are those of their registry
        (["schema"], {"cvxpy", "pandas"}),
        (["check", str(TWO_DESKS)], {"cvxpy", "pandas"}),
        (["verify"], {"cvxpy", "pandas"}),
    ],
)
def test_nothing_heavy_is_loaded(words: list[str], never: set[str], finished: Path) -> None:
    words = [*words, str(finished)] if words == ["verify"] else words
    code = LOADED.format(words=words)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.split())
    assert "click" in loaded
    assert not never & loaded


def test_quiet_is_one_line(finished: Path, tmp_path: Path) -> None:
    done = quick(TWO_DESKS, tmp_path / "run", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("OK 2024-06-27 two-desks | 1 transfers")
    assert done.stdout.count("\n") == 1
    again = quick(TWO_DESKS, finished, "-q")
    assert (again.stdout, again.stderr) == (done.stdout, "")


def test_json_is_json(tmp_path: Path) -> None:
    done = as_process("run", TWO_DESKS, "--dry-run", "--no-baseline", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["name"] == "two-desks"
    assert list(tmp_path.iterdir()) == []


def test_no_colour_without_a_terminal_or_when_unwanted(tmp_path: Path) -> None:
    import pty

    folder = scenario(tmp_path / "s", YAML.replace("quantity: 100000", "quantity: x"))
    assert "\x1b" not in neutralizer("check", folder, FORCE_COLOR="1").stderr
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        ours, theirs = pty.openpty()
        env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | environment
        command = [sys.executable, "-m", "neutralizer", "check", str(folder)]
        subprocess.run(
            command, cwd=ROOT, env=env, stderr=theirs, stdout=subprocess.DEVNULL, check=False
        )
        os.close(theirs)
        shown = os.read(ours, 65536)
        os.close(ours)
        assert (b"\x1b[31m" in shown) is coloured


@pytest.mark.parametrize(
    "name",
    [".", "/", "..", "x" * 300, "no/such/parent"],
)
def test_a_name_that_no_folder_can_have(tmp_path: Path, name: str) -> None:
    done = neutralizer("run", TWO_DESKS, "--out", name, "--no-baseline", cwd=tmp_path)
    assert done.returncode in (2, 7, 9), done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_the_process_keeps_its_own_signals() -> None:
    """Whoever runs a command in a process of its own ends at SIGTERM as before."""
    before = signal.getsignal(signal.SIGTERM)
    assert neutralizer("--version").returncode == 0
    assert signal.getsignal(signal.SIGTERM) is before


def test_help_is_in_groups() -> None:
    """Every command and every option of `run` stands under a heading, --help itself apart."""
    from neutralizer.cli.headings import COMMANDS
    from neutralizer.cli.runs import run

    told = neutralizer("--help").stdout
    assert all(f"\n{heading}:\n" in told for heading in COMMANDS)
    assert "Other" not in told
    options = neutralizer("run", "--help").stdout
    others = options.partition("\nOther:\n")[2].splitlines()
    assert [line.split()[:2] for line in others] == [["-h,", "--help"]]
    grouped = {name for _, names in run.headings for name in names.split()}
    assert grouped == {p.name for p in run.params if p.param_type_name == "option"}


def test_what_help_says_of_a_command_is_what_the_command_says() -> None:
    """Help imports no command; each that a module of the command line defines is told, by its own words."""
    from neutralizer.cli import headings

    defined = {
        it.name: it
        for module in {told.module for told in headings.KNOWN.values()}
        for it in vars(import_module(f"neutralizer.cli.{module}")).values()
        if isinstance(it, click.Command)
    }
    assert defined.keys() == headings.KNOWN.keys()
    for name, told in headings.KNOWN.items():
        assert headings.command(name) is defined[name]
        assert told.sentence == defined[name].get_short_help_str(limit=200)


def test_a_run_without_a_plan_points_to_what_looks_wrong(tmp_path: Path) -> None:
    """A yen that is worth 156 dollars is named beside the refusal."""
    text = YAML.replace(
        "instrument_id: ETF, asset_class: etf, currency: USD",
        "instrument_id: ETF, asset_class: etf, currency: JPY",
    )
    text = text.replace("tables:\n", "tables:\n  fx: [{currency: JPY, rate: 156}]\n", 1)
    text = text.replace('selector: "*", may: trade', 'selector: "*", may: none')
    folder = scenario(tmp_path / "yen", text)
    done = quick(folder, tmp_path / "out")
    assert done.returncode in (4, 5)
    assert f"neutralizer look {folder}: the rate of JPY, 156 USD, looks inverted" in done.stderr
