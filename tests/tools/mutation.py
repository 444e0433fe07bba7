"""Mutation testing of what must not fail silently: the proof, the readers and the release.

    python -m tests.tools.mutation                 every module that changed since it was measured
    python -m tests.tools.mutation proof/ text.py  those whose path holds a word, changed or not
    python -m tests.tools.mutation --sample 40 --seed 7   so many of all; the record stays as it is

A mutant is a module with one small change. The tests are collected once; each mutant then runs them
in a forked child, where the changed code takes the place of the module's own. The first test that
fails kills it, or the clock. Texts, annotations, decorators and `strict=` are left alone; what cannot
even be imported is not counted. benchmarks/MUTATION.md keeps the counts, the survivors, and by hand
the reason why each may live; one without a reason makes the command fail. It is written after each
module, with the hash of its source: a run that was stopped goes on where it was.
"""

import argparse
import ast
import gc
import hashlib
import importlib
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

from tests.conftest import ROOT
from tests.tools.finished import NAMES, finished
from tests.tools.firm import approved_firm

PACKAGE, TABLE = ROOT / "neutralizer", ROOT / "benchmarks" / "MUTATION.md"
PROOF = "ledger proof_faults proof_of_amendments what_leaves_tonight verify mutations".split()
AGAIN = "verify caps forging previous supersede folders_of_others".split()
READERS = "readers freshness hostile_inputs".split()
RELEASE, AMENDED, JOURNAL = (
    "release night who_may came_back compliance supersede allocate".split(),
    "sharing allocate supersede release came_back".split(),
    ["journal"],
)
FOLDERS = "folder what_others_write".split()
SUITES = (
    (PROOF, [*sorted(PACKAGE.glob("proof/*.py")), PACKAGE / "terms" / "night.py"]),
    (AGAIN, [PACKAGE / "verify.py", PACKAGE / "report" / "again.py",
             PACKAGE / "records" / "manifest.py"]),
    (RELEASE, [*(PACKAGE / "handoff" / f"{name}.py" for name in
                "allocate approval standing release status view".split()),
               *(PACKAGE / "records" / f"{name}.py" for name in ("approvals", "keys")),
               *(PACKAGE / "load" / "firm" / f"{name}.py" for name in "files roles view_key".split())]),
    (AMENDED, [*(PACKAGE / "domain" / f"{name}.py" for name in
                  "came_back executions sharing superseded".split()),
               *(PACKAGE / "records" / f"{name}.py" for name in "allocated handed superseded".split())]),
    (JOURNAL, [PACKAGE / "records" / f"{name}.py" for name in "journal history one_file".split()]),
    (READERS, [*(PACKAGE / "load" / "written" / f"{name}.py" for name in
                 "table values text yaml_text control folder".split()),
               PACKAGE / "load" / "rules" / "freshness.py"]),
    (FOLDERS, [PACKAGE / "records" / f"{name}.py" for name in "folder ours finished".split()]),
)  # fmt: skip
QUICK = "not command_line and not any_bytes and not killed and not at_once and not never_ended"  # no other process, nothing drawn
AT_ONCE, STILLBORN = 2, 99  # children; the exit code of one whose module could not be made
SWAPPED = "Lt LtE Gt GtE Eq NotEq In NotIn Is IsNot And Or Add Sub Mult Div BitOr BitAnd UAdd USub"
PAIRS = [getattr(ast, name) for name in SWAPPED.split()]
OPERATORS = {a: PAIRS[k ^ 1] for k, a in enumerate(PAIRS)} | dict.fromkeys((ast.Mod, ast.FloorDiv), ast.Mult)  # fmt: skip
DELETED = ast.Expr | ast.AugAssign | ast.Raise | ast.Continue | ast.Break
LEFT_ALONE = {"annotation", "returns", "decorator_list"}


def file_of(name: str) -> str:
    """The test file of a name, in whichever room it stands."""
    (path,) = (ROOT / "tests").glob(f"*/test_{name}.py")
    return str(path.relative_to(ROOT))


@dataclass
class Mutants:
    """A plugin of pytest that runs the collected tests once for each mutant of a module."""

    module: ModuleType
    counted: int = 0
    alive: list[tuple[int, str]] = field(default_factory=list)  # line, before -> after
    limit: int = 600  # seconds
    chosen: frozenset[int] | None = None  # which of them, by their number; None: all
    _running: dict[int, tuple[int, str, str]] = field(default_factory=dict)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        """In a child None: the tests run. In the parent True: they have been run."""
        tree = ast.parse(Path(str(self.module.__file__)).read_text())
        started = time.monotonic()
        if self._is_child(tree, 0, "nothing"):
            return None
        while self._running:
            self._reap()
        assert self.alive.pop(), "the tests fail without any change"
        self.limit, self.counted = 20 + 4 * round(time.monotonic() - started), 0
        for number, (line, change) in enumerate(mutants(tree)):
            if self.chosen is not None and number not in self.chosen:
                continue
            if self._is_child(tree, line, change):
                return None
            while len(self._running) == AT_ONCE:
                self._reap()
        while self._running:
            self._reap()
        return True

    def _is_child(self, tree: ast.Module, line: int, change: str) -> bool:
        gc.collect()
        gc.freeze()  # the child does not touch, and so not copy, what is there
        place = tempfile.mkdtemp()
        if pid := os.fork():
            self._running[pid] = line, change, place
            return False
        os.environ["PYTEST_DEBUG_TEMPROOT"] = place
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        signal.alarm(self.limit)
        try:
            become(self.module, tree)
        except BaseException:
            os._exit(STILLBORN)
        return True

    def _reap(self) -> None:
        pid, status = os.wait()
        if pid not in self._running:  # a solver's process, of what was made before
            return
        line, change, place = self._running.pop(pid)
        shutil.rmtree(place)
        self.counted += os.waitstatus_to_exitcode(status) != STILLBORN
        if status == 0:
            self.alive.append((line, change))


def become(module: ModuleType, tree: ast.Module) -> None:
    """Gives a module the code of a tree, wherever its functions and constants are already in use."""
    space, before = vars(module), dict(vars(module))
    exec(compile(ast.fix_missing_locations(tree), str(module.__file__), "exec"), space)
    users = [vars(m) for name, m in sys.modules.items() if name.startswith("neutralizer")]
    for name, old in before.items():
        new = space[name]
        if isinstance(old, FunctionType | type):
            _recode(old, new)
            space[name] = old
        elif new is not old and not name.startswith("__"):
            for user in users:
                if user.get(name) is old:
                    user[name] = new


def _recode(old: object, new: object) -> None:
    if isinstance(old, property):
        old, new = old.fget, getattr(new, "fget", None)
    if isinstance(old, FunctionType) and isinstance(new, FunctionType):
        old.__code__, old.__defaults__ = new.__code__, new.__defaults__
    elif isinstance(old, type) and old is not new:
        for name, member in vars(old).items():
            _recode(member, vars(new).get(name))


def mutants(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of each change in turn: it is in the tree until the next is asked for."""
    lists = {
        id(node)
        for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and f.returns
        for node in ast.walk(f) if ast.unparse(f.returns).startswith("list")
    }  # fmt: skip
    for parent, name, k, node in places(tree):
        shown = parent if isinstance(parent, ast.expr | ast.keyword) else node
        before = ast.unparse(shown)
        for new in replacements(node, name, id(node) in lists):
            put(parent, name, k, new)
            after = ast.unparse(new if shown is node else shown)
            if after != before:
                after = "deleted" if isinstance(new, ast.Pass) else after
                yield getattr(shown, "lineno", 0), re.sub(r"\s+", " ", f"{before} -> {after}")
        put(parent, name, k, node)


def places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Parent, field, index in it, and node, of everything that may change."""
    for name, value in ast.iter_fields(node):
        for k, child in enumerate(value if isinstance(value, list) else [value]):
            skipped = isinstance(child, ast.JoinedStr) or getattr(child, "arg", "") == "strict"
            if isinstance(child, ast.AST) and name not in LEFT_ALONE and not skipped:
                yield node, name, k if isinstance(value, list) else None, child
                yield from places(child)


def replacements(node: ast.AST, name: str, of_list: bool) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    if type(node) in OPERATORS:
        yield OPERATORS[type(node)]()
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(not node.value if isinstance(node.value, bool) else node.value + 1)
    if name in ("test", "ifs"):
        yield from (ast.Constant(value) for value in (True, False))
    if isinstance(node, ast.Return) and not isinstance(node.value, ast.Constant | None):
        yield ast.Return(ast.List([]) if of_list else None)
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if isinstance(node, DELETED) and not docstring:
        yield ast.Pass()


def put(parent: ast.AST, name: str, k: int | None, node: ast.AST) -> None:
    """Sets a field, or one place of it."""
    if k is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[k] = node


ROW = re.compile(r"^\| (\S+\.py) \| (\S+) \| (\d+) \| (\d+) \| (\d+) \|$", re.M)
ALIVE = re.compile(r"^- `(\S+):(\d+)` `(.+)`: (.+)$", re.M)


def reasons() -> dict[tuple[str, str], str]:
    """Why each survivor of the record may live, by its module and its change."""
    return {
        (m, change): why for m, _, change, why in ALIVE.findall(TABLE.read_text()) if why != "?"
    }


def source(module: str) -> str:
    """The hash of a module as it stands."""
    return hashlib.sha256((PACKAGE / module).read_bytes()).hexdigest()[:12]


def record(module: str, found: Mutants) -> None:
    """Writes what was found of a module into the table."""
    text, why = TABLE.read_text(), reasons()
    head = text[: text.index("| module")]
    counts = (found.counted, found.counted - len(found.alive), len(found.alive))
    rows = {name: tuple(row) for name, *row in ROW.findall(text)}
    rows[module] = (source(module), *map(str, counts))
    alive = [row for row in ALIVE.findall(text) if row[0] != module] + [
        (module, str(line), change, why.get((module, change), "?")) for line, change in found.alive
    ]
    sums = [sum(map(int, column)) for column in zip(*(r[1:] for r in rows.values()), strict=True)]
    total = f"| all | | {sums[0]} | {sums[1]} ({sums[1] / sums[0]:.1%}) | {sums[2]} |"
    table = ["| module | source | mutants | killed | alive |", "|---|---|---:|---:|---:|"]
    table += [f"| {' | '.join((name, *row))} |" for name, row in sorted(rows.items())]
    lines = [f"- `{m}:{line}` `{change}`: {reason}" for m, line, change, reason in sorted(alive)]
    TABLE.write_text("\n".join([head + table[0], *table[1:], total, "", *lines, ""]))


def sampled(modules: list[str], count: int, seed: int) -> dict[str, frozenset[int]]:
    """The numbers of so many mutants of all modules together, drawn with a seed."""
    every = [
        (module, n)
        for module in modules
        for n, _ in enumerate(mutants(ast.parse((PACKAGE / module).read_text())))
    ]
    drawn = random.Random(seed).sample(every, min(count, len(every)))
    return {module: frozenset(n for m, n in drawn if m == module) for module in modules}


def measured(module: str, tests: list[str], chosen: frozenset[int] | None) -> Mutants:
    """The mutants of one module, each run by the tests of some names."""
    dotted = f"neutralizer.{module.removesuffix('.py').replace('/', '.')}"
    found = Mutants(importlib.import_module(dotted.removesuffix(".__init__")), chosen=chosen)
    parent, files = os.getpid(), [file_of(name) for name in tests]
    options = ("-x", "-q", "-s", "-k", QUICK, "-p", "no:xdist", "-p", "no:cacheprovider")
    code = pytest.main([*files, *options], plugins=[found])
    if os.getpid() != parent:
        os._exit(code)
    return found


def main(words: list[str], sample: int | None, seed: int) -> int:
    """Runs the mutants of the modules whose path holds a word; 1 if a survivor has no reason."""
    sound = True
    for name in NAMES:
        finished(name)
    approved_firm()
    suites = {p.relative_to(PACKAGE).as_posix(): tests for tests, paths in SUITES for p in paths}
    drawn = None if sample is None else sampled(list(suites), sample, seed)
    known = {name: hashed for name, hashed, *_ in ROW.findall(TABLE.read_text())}
    for module, tests in suites.items():
        asked = (
            any(word in module for word in words) if words else known.get(module) != source(module)
        )
        if not (drawn[module] if drawn is not None else asked):
            continue
        found = measured(module, tests, None if drawn is None else drawn[module])
        if drawn is None:
            record(module, found)
        sound &= all((module, change) in reasons() for _, change in found.alive)
        print(module, found.counted, *found.alive, sep="\n", flush=True)
    return 0 if sound else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("words", nargs="*")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    sys.exit(main(given.words, given.sample, given.seed))
