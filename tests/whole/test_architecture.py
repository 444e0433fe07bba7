"""Floors, no circles, who may import cvxpy, who may touch the disk, every registry complete."""

import ast
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

from neutralizer import tickets
from neutralizer.load.rules import all_rules
from neutralizer.terms import contracts, costs, limits, margin
from tests.conftest import ROOT

PACKAGE = ROOT / "neutralizer"
FLOORS = (  # a room imports only from the floors before its own; rooms of one floor do not know each other
    ("domain", "errors"),
    ("terms",),
    ("load", "tickets"),
    ("program", "prepare"),
    ("planning", "comparisons", "proof", "records"),
    ("report",),
    ("verify",),
    ("gate",),
    ("handoff",),
    ("decide",),
    ("run",),
    ("face",),
    ("studies",),
    ("explain",),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS, 1) for room in rooms}
MAY_IMPORT_CVXPY = {"terms", "program"}
MAY_IMPORT_PANDAS = {"face", "prepare", "studies"}
MAY_TOUCH_THE_DISK = {"load", "prepare", "records"}
OF_ONE_FILE = {  # libraries of an extra, each called from one place
    "skfolio": "prepare/estimate/estimators.py",
    "sklearn": "prepare/estimate/factor_models.py",
    "cvx": "prepare/estimate/combined.py",
    "bidask": "prepare/estimate/spreads.py",
    "exchange_calendars": "prepare/session.py",
    "fsspec": "records/places.py",
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """The first step below the package: `limits`, `run`, …"""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, lazy: bool = True) -> set[str]:
    """Modules that a file imports; without those for type checkers, and without lazy ones if asked."""
    tree = ast.parse(path.read_text())
    hidden = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    nodes = [n for n in (ast.walk(tree) if lazy else tree.body) if id(n) not in hidden]
    found = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return found


def rooms_imported(path: Path) -> set[str]:
    inside = {m.split(".")[1] for m in imports(path) if m.startswith("neutralizer.")}
    return {r for r in inside if r in FLOOR}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_from_lower_floors(path: Path) -> None:
    own = room(path)
    if own == "__init__":
        return
    for other in rooms_imported(path) - {own}:
        assert FLOOR[other] < FLOOR[own], f"{own} -> {other}"


def test_no_circles_between_modules() -> None:
    names = {
        ".".join(("neutralizer", *p.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): p
        for p in MODULES
    }
    graph = {name: imports(path, lazy=False) & names.keys() for name, path in names.items()}
    for name, targets in graph.items():  # a package's own modules are not a circle with its front
        graph[name] = {t for t in targets if not name.startswith(t + ".") and t != name}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_who_may_import_cvxpy_and_touch_the_disk(path: Path) -> None:
    text = path.read_text()
    if room(path) not in MAY_IMPORT_CVXPY:
        assert not any(m.split(".")[0] == "cvxpy" for m in imports(path))
    assert not any(m.split(".")[0] == "pandas" for m in imports(path, lazy=False))
    if room(path) not in MAY_IMPORT_PANDAS:
        assert not any(m.split(".")[0] == "pandas" for m in imports(path))
    if room(path) in {"proof", "verify"}:
        assert not {"neutralizer.program", "neutralizer.terms.decision"} & imports(path)
    if room(path) not in MAY_TOUCH_THE_DISK | {"cli"}:
        touch = re.search(r"\bopen\(|\.(read|write)_(bytes|text)\(", text)
        assert touch is None, f"{path} holds {touch}"


@pytest.mark.parametrize(("library", "file"), sorted(OF_ONE_FILE.items()))
def test_a_library_of_an_extra_is_called_from_one_place(library: str, file: str) -> None:
    """And only when it is needed."""
    users = [p for p in MODULES if any(m.split(".")[0] == library for m in imports(p))]
    assert users == [PACKAGE / file]
    assert not any(m.split(".")[0] == library for m in imports(users[0], lazy=False))


@pytest.mark.parametrize("name", ["costs", "limits", "margin"])
def test_terms_import_cvxpy_only_where_the_expression_is_made(name: str) -> None:
    for path in (PACKAGE / "terms" / name).glob("*.py"):
        assert "cvxpy" not in imports(path, lazy=False), path


@pytest.mark.parametrize(
    ("folder", "registered", "helpers"),
    [
        ("terms.costs", {m.__name__ for m in costs.REGISTRY}, {"attribution"}),
        (
            "terms.limits",
            {m.__name__ for m in limits.REGISTRY.values()},
            {"asked", "bounds", "facts", "registry"},
        ),
        (
            "terms.margin",
            {m.__name__ for m in margin.REGISTRY.values()},
            {"cash", "collateral", "needs"},
        ),
        ("tickets", {m.__name__ for m in tickets.REGISTRY}, set()),
    ],
)
def test_registries_are_complete(folder: str, registered: set[str], helpers: set[str]) -> None:
    files = {p.stem for p in (PACKAGE / folder.replace(".", "/")).glob("*.py")} - helpers
    written = {f"neutralizer.{folder}.{n}" for n in files if not n.startswith("_")}
    assert written == registered


def test_every_rule_is_registered() -> None:
    """A public function (inputs, select, issues) of a rules module stands in the list of all_rules."""
    registered = {rule.__name__ for rule, _ in all_rules.RULES}
    for path in sorted({*(PACKAGE / "load" / "rules").glob("*.py")} - {Path(all_rules.__file__)}):
        for node in ast.parse(path.read_text()).body:
            is_rule = isinstance(node, ast.FunctionDef) and (
                [a.arg for a in node.args.args] == ["inputs", "select", "issues"]
            )
            if is_rule and not node.name.startswith("_"):
                assert node.name in registered, f"{path.name}: {node.name}"


def faces(protocol: type) -> dict[str, list[str]]:
    """Names and arguments of the functions that a protocol asks for."""
    return {
        name: [a for a in inspect.signature(member).parameters if a != "self"]
        for name, member in vars(protocol).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }


@pytest.mark.parametrize(
    ("modules", "protocol"),
    [
        (costs.REGISTRY, contracts.Cost),
        (tuple(limits.REGISTRY.values()), contracts.Measure),
        (tuple(margin.REGISTRY.values()), contracts.MarginModel),
        (tickets.REGISTRY, contracts.Ticket),
    ],
)
def test_every_term_has_the_faces_of_its_contract(
    modules: tuple[ModuleType, ...], protocol: type
) -> None:
    asked = faces(protocol)
    constants = [name for name in protocol.__annotations__ if name.isupper()]
    for module in modules:
        for name, words in asked.items():
            assert list(inspect.signature(getattr(module, name)).parameters) == words, module
        assert all(hasattr(module, name) for name in constants), module


def test_the_page_of_the_house_is_the_house() -> None:
    """docs/architecture.md has every room on its floor, and each link of its walk is there."""
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text()
    told = {
        name: int(floor)
        for floor, names in re.findall(r"^\| (\d+) \| ([^|]+) \|", page, re.M)
        for name in re.findall(r"`(\w+)(?:/|\.py)`", names)
    }
    there = {p.relative_to(PACKAGE).parts[0].removesuffix(".py") for p in MODULES}
    assert told == {r: f for r, f in FLOOR.items() if r in there and r != "__main__"}
    walk = page[page.index("in twelve links") : page.index("## To add")]
    assert [int(n) for n in re.findall(r"^(\d+)\. ", walk, re.M)] == list(range(1, 13))
    for file, name in re.findall(r"`([\w/]+\.py)::(\w+)`", walk):
        names = {n.name for n in ast.parse((PACKAGE / file).read_text()).body if hasattr(n, "name")}
        assert name in names, f"{file}::{name}"


def test_the_top_of_the_package_is_short() -> None:
    names = [p.name for p in PACKAGE.iterdir() if not p.name.startswith(("__pycache__", "."))]
    assert len({*names} - {"face.py", "py.typed"}) <= 22


def test_no_test_imports_from_another() -> None:
    for path in sorted(Path(__file__).parent.parent.rglob("*.py")):
        assert not any(re.match(r"tests\.(\w+\.)*test_", m) for m in imports(path)), path
