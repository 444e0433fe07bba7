"""Runs of the command line, in this process or in one of its own, and what they leave on disk."""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

from neutralizer.cli.main import main
from tests.conftest import ROOT

Done = subprocess.CompletedProcess[str]


def neutralizer(*words: object, cwd: Path | None = None, **environment: str) -> Done:
    """Runs the command line in this process, as a user would, without a terminal; in the folder where the
    test stands unless another is named.
    """
    argv = ["neutralizer", *map(str, words)]
    out, err, here = io.StringIO(), io.StringIO(), Path.cwd()
    os.chdir(cwd or here)
    try:
        with (
            patch.object(sys, "argv", argv),
            patch.object(sys, "stdin", io.StringIO("")),
            patch.dict(os.environ, environment),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            main()
    except SystemExit as done:
        code = int(done.code or 0)
    finally:
        os.chdir(here)
    return subprocess.CompletedProcess(argv, code, out.getvalue(), err.getvalue())


def as_process(*words: object, cwd: Path = ROOT, **environment: str) -> Done:
    """Runs the command line in a process of its own, without a terminal: for what only a process has."""
    return subprocess.run(
        [sys.executable, "-m", "neutralizer", *map(str, words)],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def tree(path: Path) -> dict[str, tuple[int, bytes]]:
    return {
        p.relative_to(path).as_posix(): (p.stat().st_mtime_ns, p.read_bytes())
        for p in sorted(path.rglob("*"))
        if p.is_file()
    }


def tampered(finished: Path, path: Path, name: str, old: str, new: str) -> Path:
    """A run whose file was changed, and its manifest with it."""
    out = copied(finished, path)
    data = (out / name).read_text()
    assert old in data
    (out / name).write_text(data.replace(old, new))
    written = json.loads((out / "manifest.json").read_text())
    entry = written["outputs"][name]
    changed = (out / name).read_bytes()
    entry["sha256"], entry["bytes"] = hashlib.sha256(changed).hexdigest(), len(changed)
    _recount(entry, changed.decode())
    (out / "manifest.json").write_text(json.dumps(written))
    return out


def copied(finished: Path, path: Path) -> Path:
    for name, (_, data) in tree(finished).items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def _recount(entry: dict[str, Any], text: str) -> None:
    from decimal import Decimal

    rows = list(csv.DictReader(io.StringIO(text)))
    if "rows" in entry:
        entry["rows"] = len(rows)
        for column in entry["totals"]:
            entry["totals"][column] = str(
                sum((Decimal(r[column] or "0") for r in rows), Decimal(0))
            )
