"""Imports point one way, the world is touched in few files, and importing a module does nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "harness" / "fuzzpair"

# A unit (a file, or a folder with all that is in it) imports itself and units of the lines above its own, no other.
LAYERS = (
    ("model", "errors", "yaml_source"),
    (
        "bug_classes",
        "severity_rules",
        "flavours",
        "progress",
        "patches",
        "canary",
        "config_problems",
        "discovery",
        "diagnostics",
        "reduction",
        "config_types",
        "parting",
    ),
    ("severity", "claims_file", "outcomes", "config_fuzz", "config_agreement", "pair_judging"),
    ("backends", "triage", "store", "config", "claims_weighed"),  # the seams: they do not know each other
    ("report",),  # reads logs again with triage's pure parsers: a record holds their words, not their stacks
    ("fuzz", "builds", "jobs", "mistakes", "state", "tally", "gate", "claims"),
    ("replay", "known_bad", "subjects", "analysis", "scheduler", "load"),
    ("common",),
    ("rows", "controls", "again", "findings", "reproduce", "bundle", "rebase", "history"),
    ("minimise",),
    ("crash_inputs", "reading"),
    ("run_findings", "under_load"),
    ("mistake_flow", "own_pair"),
    ("pipeline", "verify", "soak", "doctor", "agree"),
    ("world",),
    ("verbs", "pytest_pair"),
    ("cli",),
    ("__main__", "pytest_plugin"),
)

# What only these files may import or read.
RESERVED = {
    # runner/ is sent into a sandbox and starts commands there
    "subprocess": ("backends/local.py", "backends/runner/*.py"),
    "docker": ("backends/docker*.py",),
    "os.environ": ("__main__.py", "pytest_plugin.py"),  # the doors: pytest loads the second one
    "os.getenv": (),
    "os.system": (),
    "os.popen": (),
}

# Values from values: no file, no clock, no process, no store.
PURE = (
    "model",
    "pair_judging",
    "parting",
    "errors",
    "bug_classes",
    "severity",
    "severity_rules",
    "flavours",
    "yaml_source",
    "config_problems",
    "reduction",
    "triage",
    "tally",
    "claims",
    "claims_file",
    "claims_weighed",
    "outcomes",
)
IMPURE = {
    "os",
    "pathlib",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "time",
    "datetime",
    "random",
    "docker",
    "fsspec",
}

FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(path.relative_to(PACKAGE)) for path in FILES]


@cache
def tree_of(name: str) -> ast.Module:
    return ast.parse((PACKAGE / name).read_text(encoding="utf-8"))


@cache
def imported(name: str) -> tuple[str, ...]:
    return tuple(imports(tree_of(name), name))


def imports(tree: ast.Module, name: str) -> Iterator[str]:
    """Full dotted names, in whatever place of the file they are imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno}: a relative import hides where it points"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def unit_of(name: str) -> str:
    return Path(name).parts[0].removesuffix(".py")


def imported_units(name: str) -> set[str]:
    split = [full.split(".") for full in imported(name)]
    units = {parts[1] for parts in split if parts[0] == "fuzzpair" and len(parts) > 1}
    return {unit for unit in units if not unit.startswith("__version")}


def layer_of(unit: str) -> int:
    layers = [number for number, units in enumerate(LAYERS) if unit in units]
    assert layers, f"say in LAYERS of {__file__} where '{unit}' belongs"
    return layers[0]


# One test a rule, which names every file that breaks it.


def test_imports_point_down() -> None:
    upward = [
        f"{name} imports {other}, which is beside or above it"
        for name in NAMES
        if name != "__init__.py"
        for other in sorted(imported_units(name) - {unit_of(name)})
        if layer_of(other) >= layer_of(unit_of(name))
    ]
    assert not upward, "\n".join(upward)


def test_the_table_holds_no_unit_that_is_gone() -> None:
    listed = [unit for units in LAYERS for unit in units]
    assert sorted(listed) == sorted({unit_of(name) for name in NAMES} - {"__init__"})


def reserved_in(name: str) -> list[str]:
    """What of RESERVED a file imports, or reaches through an attribute."""
    attributes = (node for node in ast.walk(tree_of(name)) if isinstance(node, ast.Attribute))
    names = {*imported(name), *map(dotted, attributes)}
    return [one for one in RESERVED if any(f"{used}.".startswith(f"{one}.") for used in names)]


def dotted(node: ast.expr) -> str:
    """`os.environ`; what is no plain name in front of an attribute is `?`. ast.unparse takes ten times as long."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def test_the_world_is_touched_in_few_files() -> None:
    misused = [
        f"{name} uses {reserved}, which is for {RESERVED[reserved] or 'nobody'}"
        for name in NAMES
        for reserved in reserved_in(name)
        if not any(fnmatch(name, pattern) for pattern in RESERVED[reserved])
    ]
    assert not misused, "\n".join(misused)


def test_what_is_pure_imports_nothing_that_is_not() -> None:
    pure = [name for name in NAMES if unit_of(name) in PURE]
    impure = {name: found for name in pure if (found := {full.split(".")[0] for full in imported(name)} & IMPURE)}
    assert not impure, impure
    assert {unit_of(name) for name in pure} == set(PURE), "the table holds no unit that is gone"


def test_a_module_only_defines() -> None:
    allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    running = [
        f"{name}:{node.lineno} runs when it is imported"
        for name in NAMES
        if name != "__main__.py"
        for node in tree_of(name).body
        if not isinstance(node, allowed) and not is_docstring(node) and not is_guard(node)
    ]
    assert not running, "\n".join(running)


def is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'")


IMPORT_ALL = """
import importlib, os, signal, sys, threading
before = (dict(os.environ), os.getcwd(), signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
for name in sys.argv[1:]:
    importlib.import_module(name)
after = (dict(os.environ), os.getcwd(), signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
assert before == after, "the environment, the folder or a signal handler"
assert threading.active_count() == 1, "a thread"
"""


def test_importing_everything_changes_nothing(tmp_path: Path) -> None:
    modules = [f"fuzzpair.{name.removesuffix('.py').replace('/', '.').removesuffix('.__init__')}" for name in NAMES]
    command = [
        sys.executable,
        "-W",
        "error",
        "-c",
        IMPORT_ALL,
        *(name for name in modules if name != "fuzzpair.__init__"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environ())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())


def environ() -> dict[str, str]:
    return {"PYTHONPATH": str(PACKAGE.parent), "PYTHONDONTWRITEBYTECODE": "1"}
