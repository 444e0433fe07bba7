"""Runs every walk-through from scratch and rewrites what it shows: `python examples/refresh.py`.

That is expected/ (the CSV files and summary.json of the run), and the lines under each `$` command in
the console blocks of the pages below examples/ and docs/. The prose between the blocks is not
touched: read what changed. A line of … in a block stands for any lines.
"""

import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent
ROOT = EXAMPLES.parent
NAMES = (
    "two-desks",
    "equity-desks",
    "multi-asset",
    "options",
    "rates",
    "funds",
    "history",
    "curve",
    "multi-day",
)
PAGES = sorted([*EXAMPLES.rglob("*.md"), *(ROOT / "docs").glob("*.md")])
# Ties between lots are broken by the last digits of sums, and those by the kernels of this processor's
# linear algebra: these are on every x86-64 machine of the last ten years. NEUTRALIZER_KERNELS names others.
KERNELS = {
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR",
}
OTHERS = "NEUTRALIZER_KERNELS"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def environment(folder: Path) -> dict[str, str]:
    """An environment in which `neutralizer` is this checkout's, run by this Python."""
    folder.mkdir(parents=True, exist_ok=True)
    command = folder / "neutralizer"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m neutralizer "$@"\n')
    command.chmod(0o755)
    ours = os.pathsep.join((str(folder), os.path.dirname(sys.executable)))
    paths = {
        "PATH": f"{ours}{os.pathsep}{os.environ['PATH']}",
        "PORT": str(free_port()),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
    }
    kernels = KERNELS
    if OTHERS in os.environ:
        kernels = {k: KERNELS[k] for k in ("OPENBLAS_NUM_THREADS",)}
        kernels["OPENBLAS_CORETYPE"] = os.environ[OTHERS]
    return {**os.environ, **paths, **kernels, "NO_COLOR": "1", "COLUMNS": "80", "LC_ALL": "C.UTF-8"}


def free_port() -> int:
    """Of this machine, for what is served meanwhile."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def pinned() -> bool:
    """Whether runs are computed with the kernels that wrote expected/, and so byte for byte."""
    here = platform.system() == "Linux" and platform.machine() in ("x86_64", "AMD64")
    return here and OTHERS not in os.environ


def outputs(name: str, work: Path) -> dict[str, bytes]:
    """The files of one walk-through's run that belong in expected/, by name."""
    out = work / name
    command = ["sh", str(EXAMPLES / name / "run.sh"), str(out)]
    subprocess.run(command, check=True, env=environment(work / "bin"), stdout=subprocess.DEVNULL)
    files = [*sorted(out.glob("*.csv")), out / "summary.json"]
    return {path.name: path.read_bytes() for path in files}


def printed(page: Path, work: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """(command, lines shown, lines printed) of a page, run in order in a copy of the checkout."""
    blocks = BLOCK.findall(page.read_text())
    if blocks:
        for folder in ("scenarios", "examples", "docs"):
            shutil.copytree(ROOT / folder, work / folder)
    for command, shown in (found for block in blocks for found in commands(block)):
        done = subprocess.run(
            ["sh", "-c", command.replace("\\\n", "")],
            env=environment(work / ".bin"),
            cwd=work,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        yield command, shown, [line.rstrip() for line in done.stdout.splitlines()]


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """(command, lines shown under it); a command goes on after a backslash at the line's end, and to the END
    of what is written in place.
    """
    lines = block.splitlines()
    while lines:
        command = lines.pop(0).removeprefix("$ ")
        while command.endswith("\\"):
            command += "\n" + lines.pop(0)
        if command.endswith("<< END"):
            while not command.endswith("\nEND"):
                command += "\n" + lines.pop(0)
        shown = []
        while lines and not lines[0].startswith("$ "):
            shown.append(lines.pop(0))
        yield command, shown


def fits(shown: list[str], lines: list[str]) -> bool:
    """Whether the lines shown are the printed ones, … standing for any."""
    parts = [re.escape(x.rstrip()) + "\n" if x != "…" else "(?:.*\n)*?" for x in shown]
    return re.fullmatch("".join(parts), "".join(x + "\n" for x in lines)) is not None


def rewritten(page: Path, work: Path) -> str:
    """The page with what its commands print today."""
    found = iter(list(printed(page, work)))

    def block(match: re.Match[str]) -> str:
        lines: list[str] = []
        for _ in commands(match[1]):
            command, shown, today = next(found)
            lines += [f"$ {command}", *(shown if "…" in shown else today)]
        return "\n".join(["```console", *lines, "```"])

    return BLOCK.sub(block, page.read_text())


def main() -> None:
    """Rewrites expected/ and the pages; nothing is touched unless every run succeeds."""
    with tempfile.TemporaryDirectory() as work:
        found = {name: outputs(name, Path(work)) for name in NAMES}
    for name, files in found.items():
        expected = EXAMPLES / name / "expected"
        shutil.rmtree(expected, ignore_errors=True)
        expected.mkdir()
        for file, data in files.items():
            (expected / file).write_bytes(data)
        print(f"{expected.relative_to(ROOT)}: {len(files)} files")
    for page in PAGES:
        with tempfile.TemporaryDirectory() as work:
            text = rewritten(page, Path(work))
        if text != page.read_text():
            page.write_text(text)
            print(f"{page.relative_to(ROOT)}: read what changed")


if __name__ == "__main__":
    main()
