"""What it costs to send a plan's orders over a session, and how long it takes to decide.

`python -m benchmarks.schedule FOLDER ... --write` runs each scenario and schedules its orders over 13 half hours, U-shaped,
at one tenth of a deviation and by volume, and writes benchmarks/SCHEDULE.md. `--large` adds 500 instruments in 10 books.
"""

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.generate import generate
from neutralizer.errors import NeutralizerError
from neutralizer.run import Options, run
from neutralizer.studies.schedule import Asked, schedule

RESULTS = Path(__file__).with_name("SCHEDULE.md")
COUNT = 13
HEAD = """\
# Orders over a session

Base currency. Premium: what lots of slices cost above the answer before lots, a share of it. Gap: how much cheaper another answer
before lots might be, by duals, a share of the cost and the deviation of slicing by volume. Held: seconds to decide and prove, with the run's own proof.
Made by `python -m benchmarks.schedule FOLDER ... --large --write`.

| scenario | orders | plan's impact | by volume: impact | deviation | 0.1 of it: impact | deviation | premium | gap | worse on the way | seconds |
|---|---|---|---|---|---|---|---|---|---|---|
"""


def profile() -> bytes:
    """Half hours from 09:30, U-shaped."""
    rows = ["start,end,selector,share"]
    for k in range(COUNT):
        start, end = (570 + 30 * x for x in (k, k + 1))
        share = 1 + 1.3 * ((2 * k + 1) / COUNT - 1) ** 2
        rows.append(f"{start // 60:02}:{start % 60:02},{end // 60:02}:{end % 60:02},*,{share:.4f}")
    return ("\n".join(rows) + "\n").encode()


def line(folder: Path, work: Path) -> str:
    """A row of the table."""
    try:
        run(folder, work / "run", Options(replace=True, report=False, baseline=False))
        started = time.perf_counter()
        told = schedule(work / "run", profile(), work / "schedule", Asked(), lambda text: None)
        seconds = time.perf_counter() - started
    except NeutralizerError as error:
        return f"| {folder.name} | refused: {str(error)[:60]} | | | | | | | | | |"
    before, volume = told["before_lots"], told["by_volume"]
    size = volume["impact"] + 0.1 * volume["deviation"]
    worse = sum("farther out" in x for x in told["findings"])
    premium = told["impact"] / before["impact"] - 1 if before["impact"] else 0.0
    return (
        f"| {folder.name} | {told['orders']} | {told['impact_of_the_plan']:,.0f} | {volume['impact']:,.0f} | "
        f"{volume['deviation']:,.0f} | {told['impact']:,.0f} | {told['deviation']:,.0f} | {premium:.3%} | "
        f"{before['gap'] / size if size else 0:.1e} | {worse} | {seconds:.1f} |"
    )


def main() -> None:
    """Prints the table, and writes it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as work:
        folders = list(given.folders)
        if given.large:
            folders.append(Path(work) / "500 instruments, 10 books")
            generate(folders[-1], 500, 10, 20, 60, 10, 1)
        for k, folder in enumerate(folders):
            (Path(work) / str(k)).mkdir()
            rows.append(line(folder, Path(work) / str(k)))
            print(rows[-1], flush=True)
    if given.write:
        RESULTS.write_text(HEAD + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
