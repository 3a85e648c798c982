"""The Rust side: a cargo-fuzz project, built as cargo-fuzz builds it, with vendored dependencies and no network."""

from __future__ import annotations

from dataclasses import dataclass

from fuzzpair.backends import Sandbox
from fuzzpair.errors import BuildError
from fuzzpair.model.command import Command
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import SideBuild
from fuzzpair.own_pair.flags import RustFlags, image_libraries
from fuzzpair.own_pair.out_folder import Names, OutFolder
from fuzzpair.own_pair.place import Place, ending, must, what_failed
from fuzzpair.own_pair.sources import RustSources
from fuzzpair.store import Store

# Where the repository has no lock file, the image's is used: it is what was vendored. A workspace has it at its root.
LOCK = """
root=$(dirname "$(cargo locate-project --workspace --message-format plain --manifest-path "$1/Cargo.toml")")
test -f "$root/Cargo.lock" || test ! -f "$2/Cargo.lock" || cp "$2/Cargo.lock" "$root/Cargo.lock"
"""
QUESTION_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RustPlan:
    """All that decides what a build makes."""

    flavour: Flavour
    sources: RustSources
    names: Names
    flags: RustFlags


def build_rust(plan: RustPlan, sandbox: Sandbox, store: Store) -> SideBuild:
    """One `cargo build` of all targets. Raises FuzzpairError only where the place, not the build, is at fault."""
    sources = plan.sources
    home = f"src/{sources.name}"
    place = Place.prepare(sandbox, store, {home: sources.tree})
    place.require(image_libraries(plan.flags.rust), plan.flavour)
    triple = _triple(place)
    env = _env(plan, place, triple)
    must(place.run(("sh", "-euc", LOCK, "lock", sources.fuzz, place.pair), cwd=home, env=env))
    completed = place.run(_cargo(plan, place, triple), cwd=home, env=env)
    log = completed.stdout.decode(errors="replace")
    _bring_out(plan, place, triple)
    out = OutFolder(files=place.out(), language=Language.RUST, flavour=plan.flavour, names=plan.names)
    programs = tuple(out.programs(store))
    there = {one.program_name for one in programs}
    unbuilt = tuple(name for name in sources.targets if name not in there)
    if unbuilt and there:  # cargo goes on with the others
        out.notes.append(f"not built: {', '.join(unbuilt)}: {what_failed(log)}")
    return SideBuild(
        language=Language.RUST,
        flavour=plan.flavour,
        programs=programs,
        missing=tuple(dict.fromkeys((*unbuilt, *out.missing(programs)))),
        log=store.put_blob(log.encode()),
        problem="" if programs else f"cargo build ended with {ending(completed)}:\n{what_failed(log)}",
        notes=tuple(out.notes),
        duration_s=completed.duration_s,
    )


def _cargo(plan: RustPlan, place: Place, triple: str) -> tuple[str, ...]:
    """cargo-fuzz's own command. With --target, build scripts and procedural macros are not instrumented."""
    settings = ("--config", f"{place.pair}/cargo-config.toml") if place.pair else ()
    bins = tuple(part for name in plan.sources.targets for part in ("--bin", name))
    manifest = f"{plan.sources.fuzz}/Cargo.toml"
    where = ("--manifest-path", manifest, "--target", triple)
    return ("cargo", *settings, "build", *where, "--release", "--offline", "--keep-going", *bins)


def _triple(place: Place) -> str:
    asked = place.sandbox.run(Command(argv=("rustc", "-vV"), timeout_s=QUESTION_S))
    must(asked)
    hosts = [line.split()[1] for line in asked.stdout.decode(errors="replace").splitlines() if line.startswith("host:")]
    if not hosts:
        raise BuildError("`rustc -vV` names no host", next_step="look at the image's rustc")
    return hosts[0]


def _bring_out(plan: RustPlan, place: Place, triple: str) -> None:
    """The targets into $OUT; those that were not built are missed later."""
    built = [f"target/{triple}/release/{name}" for name in plan.sources.targets]
    place.run(("sh", "-c", 'for one; do test ! -f "$one" || mv "$one" out/; done', "move", *built), cwd=".", env={})


def _env(plan: RustPlan, place: Place, triple: str) -> dict[str, str]:
    home = f"{place.root}/src/{plan.sources.name}"
    in_name = triple.replace("-", "_")
    return {
        "RUSTFLAGS": " ".join((*plan.flags.rust, f"--remap-path-prefix={home}={plan.sources.folder}")),
        "RUSTC_BOOTSTRAP": "1",  # -Z flags on a stable compiler
        "CARGO_TARGET_DIR": f"{place.root}/target",
        # cargo strips what has no debug information by its profile, and the flags above are not in it.
        "CARGO_PROFILE_RELEASE_DEBUG": "line-tables-only",
        "CARGO_PROFILE_RELEASE_STRIP": "false",
        "CARGO_NET_OFFLINE": "true",
        "CARGO_TERM_COLOR": "never",
        "CUSTOM_LIBFUZZER_PATH": _libfuzzer(place),
        "ASAN_OPTIONS": "detect_odr_violation=0",
        "CC": "clang",
        "CXX": "clang++",
        "AR": "llvm-ar",
        # Of the target alone: what runs during the build stays as it is.
        f"CFLAGS_{in_name}": " ".join(plan.flags.c),
        f"CXXFLAGS_{in_name}": " ".join(plan.flags.cxx),
    }


def _libfuzzer(place: Place) -> str:
    """clang's own libFuzzer, which libfuzzer-sys links instead of compiling another: both sides have one engine.

    Raises BuildError where clang has none.
    """
    name = f"libclang_rt.fuzzer-{place.machine}.a"
    tell = (
        'for one in "$(clang -print-file-name="$1")" "$(clang -print-runtime-dir)/libclang_rt.fuzzer.a" '
        '"$(clang -print-resource-dir)/lib/linux/$1"; do test ! -f "$one" || { printf %s "$one"; exit; }; done; exit 1'
    )
    asked = place.sandbox.run(Command(argv=("sh", "-c", tell, "find", name), timeout_s=QUESTION_S))
    if not asked.ok:
        raise BuildError(f"clang has no {name}", next_step="install its runtime libraries (libclang-rt-…-dev)")
    return asked.stdout.decode(errors="replace").strip()
