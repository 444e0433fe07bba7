"""Mutation testing of what must not fail silently: the proof and the readers.

    python -m tests.mutation            every module of SUITES; writes benchmarks/MUTATION.md
    python -m tests.mutation load/text  those whose path holds a word; prints only

A mutant is a module with one small change. The tests are collected once; each mutant then runs them
in a forked child, where the changed code takes the place of the module's own. It is killed by the
first test that fails, or by the clock. Message texts, annotations, decorators and `strict=` of `zip`
are left alone; what cannot even be imported is not counted. A survivor keeps the reason that
benchmarks/MUTATION.md gives for it; without one the command fails.
"""

import ast
import gc
import importlib
import os
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

from tests.finished import NAMES, finished

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "benchmarks" / "MUTATION.md"
PROOF = tuple(
    f"tests/test_{name}.py"
    for name in ("proof_faults", "proof_of_amendments", "verify", "mutations")
)
READERS = ("tests/test_readers.py", "tests/test_freshness.py", "tests/test_hostile_inputs.py",
           "-k", "not command_line and not any_bytes")  # fmt: skip
SUITES = {
    PROOF: (*sorted((ROOT / "neutralizer" / "proof").glob("[a-z]*.py")),
            ROOT / "neutralizer" / "proof" / "__init__.py",
            ROOT / "neutralizer" / "verify.py",
            ROOT / "neutralizer" / "output" / "manifest.py"),
    READERS: tuple(ROOT / "neutralizer" / "load" / f"{name}.py" for name in
                   "table values text yaml_text control folder freshness".split()),
}  # fmt: skip
AT_ONCE = 2
STILLBORN = 99  # the exit code of a child whose module could not be made
SLOWEST = 4  # times the tests' own time, and 20 s: then a mutant hangs

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div,
    ast.Div: ast.Mult, ast.Mod: ast.Mult, ast.FloorDiv: ast.Mult, ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr, ast.UAdd: ast.USub, ast.USub: ast.UAdd,
}  # fmt: skip
DELETED = (ast.Expr, ast.AugAssign, ast.Raise, ast.Continue, ast.Break)
LEFT_ALONE = {"annotation", "returns", "decorator_list"}


@dataclass(frozen=True)
class Change:
    """What a mutant is: a line, and its text before and after."""

    line: int
    text: str


@dataclass
class Mutants:
    """A plugin of pytest that runs the collected tests once for each mutant of a module."""

    module: ModuleType
    counted: int = 0
    survivors: list[Change] = field(default_factory=list)
    limit: int = 600
    _running: dict[int, tuple[Change, str]] = field(default_factory=dict)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        """In a child None: the tests run. In the parent True: they have been run."""
        tree = ast.parse(Path(str(self.module.__file__)).read_text())
        started = time.monotonic()
        if self._child(tree, Change(0, "nothing")):
            return None
        self._reap()
        assert self.survivors.pop(), "the tests fail without any change"
        self.limit, self.counted = 20 + round(SLOWEST * (time.monotonic() - started)), 0
        for change in mutants(tree):
            if self._child(tree, change):
                return None
            if len(self._running) == AT_ONCE:
                self._reap()
        while self._running:
            self._reap()
        return True

    def _child(self, tree: ast.Module, change: Change) -> bool:
        """Forks; whether this is the child, which then is the mutant."""
        gc.collect()
        gc.freeze()  # the child does not touch, and so not copy, what is there
        place = tempfile.mkdtemp()
        pid = os.fork()
        if pid:
            self._running[pid] = change, place
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
        (change, place), code = self._running.pop(pid), os.waitstatus_to_exitcode(status)
        shutil.rmtree(place)
        self.counted += code != STILLBORN
        if code == 0:
            self.survivors.append(change)


def become(module: ModuleType, tree: ast.Module) -> None:
    """Gives a module the code of a tree, wherever its functions and constants are already in use."""
    space, before = vars(module), dict(vars(module))
    exec(compile(ast.fix_missing_locations(tree), str(module.__file__), "exec"), space)
    for name, old in before.items():
        new = space[name]
        if isinstance(old, FunctionType | type):
            if old.__module__ == module.__name__:
                _recode(old, new)
            space[name] = old
        elif new is not old and not name.startswith("__"):
            for other in [m for n, m in sys.modules.items() if n.startswith("neutralizer")]:
                if vars(other).get(name) is old:
                    setattr(other, name, new)


def _recode(old: object, new: object) -> None:
    if isinstance(old, FunctionType) and isinstance(new, FunctionType):
        old.__code__, old.__defaults__ = new.__code__, new.__defaults__
    elif isinstance(old, type):
        for name, member in vars(old).items():
            inner, other = (getattr(m, "fget", m) for m in (member, vars(new).get(name)))
            _recode(inner, other) if isinstance(inner, FunctionType) else None


def mutants(tree: ast.Module) -> Iterator[Change]:
    """Each change in turn: it is in the tree while the caller holds it, and taken back after."""
    empty = {
        id(node): ast.List([]) if ast.unparse(f.returns or f).startswith("list") else None
        for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)
        for node in ast.walk(f) if isinstance(node, ast.Return)
    }  # fmt: skip
    for parent, name, k, node in places(tree):
        shown = parent if isinstance(parent, ast.expr | ast.keyword) else node
        line, before = getattr(shown, "lineno", 0), _short(shown)
        for new in replacements(node, name, empty.get(id(node))):
            _put(parent, name, k, new)
            text = (
                "deleted" if isinstance(new, ast.Pass) else _short(new if shown is node else shown)
            )
            if text != before:
                yield Change(line, f"{before} -> {text}")
        _put(parent, name, k, node)


def places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Parent, field, index in it, and node, of everything that may change."""
    for name, value in ast.iter_fields(node):
        for k, child in enumerate(value if isinstance(value, list) else [value]):
            skipped = isinstance(child, ast.JoinedStr) or getattr(child, "arg", "") == "strict"
            if isinstance(child, ast.AST) and name not in LEFT_ALONE and not skipped:
                yield node, name, k if isinstance(value, list) else None, child
                yield from places(child)


def replacements(node: ast.AST, name: str, empty: ast.expr | None) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    if type(node) in OPERATORS:
        yield OPERATORS[type(node)]()
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)
    if name in ("test", "ifs"):
        yield from (ast.Constant(value) for value in (True, False))
    if isinstance(node, ast.Return) and not isinstance(node.value, ast.Constant | None):
        yield ast.Return(empty)
    if isinstance(node, DELETED) and not (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ):
        yield ast.Pass()


def _put(parent: ast.AST, name: str, k: int | None, node: ast.AST) -> None:
    if k is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[k] = node


def _short(node: ast.AST) -> str:
    return re.sub(r"\s+", " ", ast.unparse(node))[:160]


def known_reasons() -> dict[tuple[str, str], str]:
    """Why survivors may stand, by module and change, as the table says."""
    text = TABLE.read_text() if TABLE.exists() else ""
    return {(m[1], m[2]): m[3] for m in re.finditer(r"^- `(.+?):\d+` `(.+?)`: (.+)$", text, re.M)}


def main(words: list[str]) -> int:
    """Runs the mutants of the modules whose path holds a word; 1 if a survivor has no reason."""
    for name in NAMES:
        finished(name)
    reasons, rows, lines = known_reasons(), [], []
    for tests, paths in SUITES.items():
        for path in paths:
            module = str(path.relative_to(ROOT / "neutralizer"))
            if words and not any(word in module for word in words):
                continue
            dotted = f"neutralizer.{module.removesuffix('.py').replace('/', '.')}"
            found = Mutants(importlib.import_module(dotted.removesuffix(".__init__")))
            parent = os.getpid()
            options = ("-x", "-q", "-s", "-p", "no:xdist", "-p", "no:cacheprovider", "--no-header")
            code = pytest.main([*tests, *options], plugins=[found])
            if os.getpid() != parent:
                os._exit(code)
            killed = found.counted - len(found.survivors)
            rows.append(f"| {module} | {found.counted} | {killed} | {len(found.survivors)} |")
            for s in found.survivors:
                reason = reasons.get((module, s.text), "?")
                lines.append(f"- `{module}:{s.line}` `{s.text}`: {reason}")
            print(rows[-1], *lines[len(lines) - len(found.survivors) :], sep="\n", flush=True)
    return int(any(line.endswith(": ?") for line in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
