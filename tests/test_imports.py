"""Imports point one way, the world is touched in few files, and importing a module does nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "harness" / "fuzzpair"

# A unit (a file, or a folder with all that is in it) imports itself and units of the lines above its own, no other.
LAYERS = (
    ("model", "errors", "yaml_source"),
    ("pair_model", "agreement_model"),
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
    ("fuzz", "build", "jobs", "mistakes", "state", "tally", "gate", "claims"),
    ("replay", "subjects", "analysis", "scheduler", "load"),
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
    "pair_model",
    "pair_judging",
    "agreement_model",
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


def imported(name: str) -> Iterator[str]:
    """Full dotted names, in whatever place of the file they are imported."""
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno}: a relative import hides where it points"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def unit_of(name: str) -> str:
    return Path(name).parts[0].removesuffix(".py")


def imported_units(name: str) -> set[str]:
    dotted = [full.split(".") for full in imported(name)]
    units = {parts[1] for parts in dotted if parts[0] == "fuzzpair" and len(parts) > 1}
    return {unit for unit in units if not unit.startswith("__version")}


def layer_of(unit: str) -> int:
    layers = [number for number, units in enumerate(LAYERS) if unit in units]
    assert layers, f"say in LAYERS of {__file__} where '{unit}' belongs"
    return layers[0]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "__init__.py"])
def test_imports_point_down(name: str) -> None:
    unit = unit_of(name)
    upward = {other for other in imported_units(name) - {unit} if layer_of(other) >= layer_of(unit)}
    assert not upward, f"{name} imports {upward}, which is beside or above it"


def test_the_table_holds_no_unit_that_is_gone() -> None:
    listed = [unit for units in LAYERS for unit in units]
    assert sorted(listed) == sorted({unit_of(name) for name in NAMES} - {"__init__"})


@pytest.mark.parametrize("name", NAMES)
def test_the_world_is_touched_in_few_files(name: str) -> None:
    attributes = (node for node in ast.walk(tree_of(name)) if isinstance(node, ast.Attribute))
    names = [*imported(name), *map(ast.unparse, attributes)]
    for reserved, files in RESERVED.items():
        used = any(f"{used}.".startswith(f"{reserved}.") for used in names)
        allowed = any(fnmatch(name, pattern) for pattern in files)
        assert allowed or not used, f"{name} uses {reserved}, which is for {files or 'nobody'}"


@pytest.mark.parametrize("name", [name for name in NAMES if unit_of(name) in PURE])
def test_what_is_pure_imports_nothing_that_is_not(name: str) -> None:
    assert not {full.split(".")[0] for full in imported(name)} & IMPURE


@pytest.mark.parametrize("name", [name for name in NAMES if name != "__main__.py"])
def test_a_module_only_defines(name: str) -> None:
    allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    for node in tree_of(name).body:
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_guard = isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'")
        assert is_docstring or is_guard or isinstance(node, allowed), f"{name}:{node.lineno} runs when it is imported"


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
