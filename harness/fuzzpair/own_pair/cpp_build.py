"""The C or C++ side, by OSS-Fuzz's build contract: a build.sh that is not changed, and what it leaves in $OUT."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fuzzpair.backends import Sandbox
from fuzzpair.model.command import Completed
from fuzzpair.model.crash_report import REPOSITORY
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import SideBuild
from fuzzpair.own_pair.flags import CppFlags, image_libraries
from fuzzpair.own_pair.out_folder import Names, OutFolder
from fuzzpair.own_pair.place import Place, ending, what_failed
from fuzzpair.own_pair.sources import CppSources
from fuzzpair.store import Store

_SOURCE = (".c", ".cc", ".cpp", ".cxx", ".c++", ".h", ".hh", ".hpp", ".hxx", ".inc")
ELSEWHERE = "/src"  # how a report shows sources that are not the repository's: those that `fetch` left in $SRC


@dataclass(frozen=True, slots=True, kw_only=True)
class CppPlan:
    """All that decides what a build makes."""

    flavour: Flavour
    sources: CppSources
    names: Names
    flags: CppFlags


def build_cpp(plan: CppPlan, sandbox: Sandbox, store: Store) -> SideBuild:
    """Run the script once. Raises FuzzpairError only where the place, not the build, is at fault."""
    sources = plan.sources
    home = f"src/{sources.name}"
    # The script's folder first: where both have a file of one name, it is the tree's place that a path means.
    place = Place.prepare(sandbox, store, {"src": sources.beside, home: sources.tree}, with_fetched=True)
    place.require(image_libraries(plan.flags.cxx), plan.flavour)
    completed = place.run(("bash", "-eux", f"{place.root}/src/{sources.script}"), cwd=home, env=_env(plan, place))
    log = completed.stdout.decode(errors="replace")
    if not completed.ok:
        return _failed(plan, completed, log, store)
    out = OutFolder(files=place.out(), language=Language.CPP, flavour=plan.flavour, names=plan.names)
    programs = tuple(out.programs(store))
    return SideBuild(
        language=Language.CPP,
        flavour=plan.flavour,
        programs=programs,
        missing=out.missing(programs),
        log=store.put_blob(log.encode()),
        problem="" if programs else _nothing_left(sources.script, sorted(out.files)),
        notes=tuple(out.notes),
        duration_s=completed.duration_s,
    )


def _failed(plan: CppPlan, completed: Completed, log: str, store: Store) -> SideBuild:
    return SideBuild(
        language=Language.CPP,
        flavour=plan.flavour,
        programs=(),
        missing=tuple(own for _, own in plan.names if own),
        log=store.put_blob(log.encode()),
        problem=f"{plan.sources.script} ended with {ending(completed)}:\n{what_failed(log)}",
        duration_s=completed.duration_s,
    )


def _nothing_left(script: str, there: list[str]) -> str:
    held = f"it holds {', '.join(there[:5])}" if there else "it is empty"
    return f"{script} left no libFuzzer target in $OUT ({held}); link each with $LIB_FUZZING_ENGINE"


def _env(plan: CppPlan, place: Place) -> dict[str, str]:
    maps = tuple(_maps(plan.sources, f"{place.root}/src"))
    return {
        "SRC": f"{place.root}/src",
        "OUT": f"{place.root}/out",
        "WORK": f"{place.root}/work",
        "CC": "clang",
        "CXX": "clang++",
        "CCC": "clang++",
        "AR": "llvm-ar",
        "CFLAGS": " ".join((*plan.flags.c, *maps)),
        "CXXFLAGS": " ".join((*plan.flags.cxx, *maps)),
        "LIB_FUZZING_ENGINE": plan.flags.engine,
        "SANITIZER": str(plan.flavour),
        "ARCHITECTURE": place.machine,
        "FUZZING_ENGINE": "libfuzzer",
        "FUZZING_LANGUAGE": "c++",
        "FUZZPAIR_PAIR": place.pair,
    }


def _maps(sources: CppSources, src: str) -> Iterator[str]:
    """Paths as the repository has them, in stacks and in assertions' texts. The last that fits counts."""
    yield f"-ffile-prefix-map={src}={ELSEWHERE}"
    yield from _as_in_repository(f"{src}/{sources.name}", sources.folder)
    for name in sources.beside_names:
        if name.endswith(_SOURCE) and " " not in name:
            yield from _as_in_repository(f"{src}/{name}", f"{sources.beside_folder}/{name}")


def _as_in_repository(path: str, name: str) -> tuple[str, str]:
    plain = name.removeprefix("./").rstrip("/")
    in_stacks = REPOSITORY.rstrip("/") if plain == "." else f"{REPOSITORY}{plain}"
    return f"-fdebug-prefix-map={path}={in_stacks}", f"-fmacro-prefix-map={path}={plain}"
