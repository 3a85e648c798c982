"""Builds tests/logs/programs in the toolchain image, runs every case of cases.toml and keeps its log.

    python tests/logs/make.py [--image fuzzpair-dev] [build …]

Beside each log goes the JSON with the facts of cases.toml, so that a log and its truth stay together.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SYMBOLIZER = "/usr/bin/llvm-symbolizer-22"
SYMBOLIZER_VARIABLES = ("ASAN", "UBSAN", "MSAN", "TSAN", "LSAN", "TYSAN")
RUN_TIMEOUT_S = 60


def in_container(image: str, out: Path, env: Mapping[str, str], script: str) -> subprocess.CompletedProcess[str]:
    settings = [f"--env={name}={value}" for name, value in env.items()]
    mounts = [f"--volume={HERE / 'programs'}:/src:ro", f"--volume={out}:/out"]
    argv = ["docker", "run", "--rm", "--network=none", "--ulimit=core=0", f"--user={os.getuid()}"]
    argv += ["--workdir=/src", *mounts, *settings, image, "bash", "-c", script]
    return subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False)


def toolchain(image: str) -> str:
    done = in_container(image, Path("/tmp"), {}, "clang++-22 --version | head -1; rustc --version")
    clang, rustc = done.stdout.strip().splitlines()
    return f"{clang}; {rustc}"


def compile_build(image: str, out: Path, name: str, build: Mapping[str, Any]) -> None:
    done = in_container(image, out, build.get("compile_env", {}), f"{build['compile']} -o /out/{name}")
    if done.returncode != 0:
        raise SystemExit(f"{name} does not build:\n{done.stdout}{done.stderr}")


def run_environment(build: Mapping[str, Any], case: str) -> dict[str, str]:
    env = {f"{tool}_SYMBOLIZER_PATH": SYMBOLIZER for tool in SYMBOLIZER_VARIABLES}
    if "case_in_env" in build:
        env[build["case_in_env"]] = case
    env.update(build.get("env", {}))
    return env


def expectation(build: Mapping[str, Any], case: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a case as they stand in its JSON; an empty function means that no own frame is shown."""
    if case.get("clean"):
        return {"reports": 0, "tool": None}
    function = case.get("function", build.get("function_prefix", "") + case["name"])
    facts = {key: case.get(key) for key in ("kind", "bug_class", "access", "size")}
    return {
        "reports": case.get("reports", 1),
        "tool": case.get("tool", build["tool"]),
        **facts,
        "function": function or None,
        **({"racy": True} if case.get("racy") else {}),
    }


def run_case(image: str, out: Path, name: str, build: Mapping[str, Any], case: Mapping[str, Any], note: str) -> None:
    arguments = build.get("run", "") if "case_in_env" in build else case["name"]
    script = f"exec timeout -s KILL {RUN_TIMEOUT_S} /out/{name} {arguments} 2>&1"
    done = in_container(image, out, run_environment(build, case["name"]), script)
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    log = folder / f"{case['name']}.log"
    log.write_text(f"# {note}; exit {done.returncode}\n{done.stdout}{done.stderr}", "utf-8")
    facts = json.dumps(expectation(build, case), indent=2, ensure_ascii=False)
    log.with_suffix(".json").write_text(facts + "\n", "utf-8")
    sys.stdout.write(f"{name}/{case['name']}: exit {done.returncode}, {len(done.stdout)} characters\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", default="fuzzpair-dev")
    parser.add_argument("builds", nargs="*")
    arguments = parser.parse_args()
    builds = tomllib.loads((HERE / "cases.toml").read_text("utf-8"))["build"]
    note = toolchain(arguments.image)
    for name in arguments.builds or builds:
        with tempfile.TemporaryDirectory() as out:
            compile_build(arguments.image, Path(out), name, builds[name])
            for case in builds[name]["cases"]:
                run_case(arguments.image, Path(out), name, builds[name], case, note)


if __name__ == "__main__":
    main()
