"""A mistake: its patches and their trailers, read and applied to the twins as source trees."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from fuzzpair.bug_classes import bug_class
from fuzzpair.canary import Overlay, apply_overlay, parse_overlay
from fuzzpair.errors import PatchError, UsageError
from fuzzpair.model.language import Language, Variant
from fuzzpair.patches import Patch, apply_patch, parse_patch
from fuzzpair.store import digest

SOURCE_SUFFIXES = (".cpp", ".hpp", ".cc", ".h", ".c", ".rs")
SUFFIXES = {
    Variant.CPP: "",
    Variant.RUST: "",
    Variant.RUST_NEXT: ".next",
    Variant.RUST_UNSAFE: ".unsafe",
}
_NAME = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
TRAILERS = (
    *("Bug-Class", "CWE", "Born-In", "Imitates", "Target", "Function", "Fidelity"),
    *("Canary-At", "Canary-After", "Canary-Code", "Canary"),
)
NEAREST = "nearest"
_TRAILER = re.compile(r"^([A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)*): ?(.*)$")
_BORN_IN = {"C++": Language.CPP, "Rust": Language.RUST}

Tree = Mapping[str, str]  # path below the target's folder -> text


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One variant of a mistake, ready to build. With a `problem` the trees are empty."""

    variant: Variant
    patch_path: str
    patch_text: str = ""
    fixed_text: str = ""
    digest: str = ""
    functions: frozenset[str] = frozenset()  # the patched ones' identifiers
    tree: Tree = field(default_factory=dict)
    fixed_tree: Tree | None = None  # None: the counterpart is the unpatched twin
    canary_tree: Tree | None = None  # None: the patch states no canary
    changed: Mapping[str, frozenset[int]] = field(default_factory=dict)
    is_nearest: bool = False  # its language cannot express the class: the nearest thing that a programmer would type
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One human slip, in every variant that was written down."""

    name: str
    title: str
    bug_class: str
    cwe: int
    born_in: Language
    imitates: str | None
    target: str
    planted: tuple[Planted, ...]

    def variant(self, variant: Variant) -> Planted | None:
        return next((one for one in self.planted if one.variant is variant), None)


@dataclass(frozen=True, slots=True)
class Trailers:
    title: str
    values: Mapping[str, str]
    overlay: Overlay

    def get(self, name: str) -> str | None:
        return self.values.get(name)


def read_tree(folder: Path) -> dict[str, str]:
    """The sources of one twin: everything to compile under src/ and fuzz/, by path."""
    paths = (path for part in ("src", "fuzz") for path in sorted((folder / part).rglob("*")))
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if path.suffix in SOURCE_SUFFIXES and "target" not in path.relative_to(folder).parts
    }


def mistake_names(*folders: Path) -> list[str]:
    """Every name that has a patch of any variant in one of the twins' `mistakes/`."""
    names = {path.name.split(".")[0] for folder in folders for path in (folder / "mistakes").glob("*.patch")}
    return sorted(names)


def load_mistake(name: str, cpp: Path, rust: Path) -> Mistake:
    """Read all variants of one mistake. A variant whose patch is missing or broken has a `problem` and no trees.

    Raises PatchError only where the mistake's own facts (class, CWE, target) cannot be read from any patch.
    """
    if not _NAME.match(name):
        raise PatchError(f"{name!r} is no mistake's name", next_step="lower-case words joined by hyphens")
    trees = {Language.CPP: read_tree(cpp), Language.RUST: read_tree(rust)}
    folders = {Language.CPP: cpp, Language.RUST: rust}
    planted: list[Planted] = []
    facts: dict[str, str] = {}
    title = ""
    for variant in Variant:
        path = folders[variant.language] / "mistakes" / f"{name}{SUFFIXES[variant]}.patch"
        if not path.exists():
            if variant in (Variant.CPP, Variant.RUST):
                shown = _shown(path, folders[variant.language])
                planted.append(Planted(variant=variant, patch_path=shown, problem=f"there is no patch {shown}"))
            continue
        one, trailers = _plant(variant, path, folders[variant.language], trees[variant.language])
        planted.append(one)
        if trailers is not None:
            title = title or trailers.title
            _merge_facts(facts, trailers, name)
    return _mistake(name, title, facts, tuple(planted))


def _plant(variant: Variant, path: Path, folder: Path, tree: Tree) -> tuple[Planted, Trailers | None]:
    shown = _shown(path, folder)
    trailers: Trailers | None = None
    text = ""
    try:
        text = _read(path, shown)
        patch = parse_patch(text, shown)
        trailers = read_trailers(patch)
        fixed_text, fixed = _counterpart(path, folder, tree)
        planted = Planted(variant=variant, patch_path=shown, patch_text=text, fixed_text=fixed_text, fixed_tree=fixed)
        return _apply(planted, patch, trailers, tree), trailers
    except PatchError as error:
        return Planted(variant=variant, patch_path=shown, patch_text=text, problem=error.message), trailers


def _counterpart(path: Path, folder: Path, tree: Tree) -> tuple[str, Tree | None]:
    """The text and the tree of a variant's fixed counterpart; no tree where it is the unpatched twin.

    Only a file that is not there means that: an emptied one is a broken patch.
    """
    fixed = path.with_name(path.name.removesuffix(".patch") + ".fixed.patch")
    if not fixed.exists():
        return "", None
    shown = _shown(fixed, folder)
    text = _read(fixed, shown)
    return text, apply_patch(parse_patch(text, shown), tree).tree


def _read(path: Path, shown: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PatchError(f"{shown}: is not UTF-8 text") from error
    except OSError as error:
        raise PatchError(f"{shown}: cannot be read: {error.strerror}") from error


def _apply(planted: Planted, patch: Patch, trailers: Trailers, tree: Tree) -> Planted:
    applied = apply_patch(patch, tree)
    texts = [applied.tree[file] for file in patch.files]
    language, overlay = planted.variant.language, trailers.overlay
    return replace(
        planted,
        digest=digest(f"{planted.patch_text}\0{planted.fixed_text}".encode()),
        functions=_functions(trailers.get("Function") or "", texts, planted.patch_path),
        is_nearest=_is_nearest(trailers, planted),
        tree=applied.tree,
        canary_tree=apply_overlay(overlay, applied.tree, language, planted.patch_path) if overlay else None,
        changed=applied.changed,
    )


def _is_nearest(trailers: Trailers, planted: Planted) -> bool:
    stated = trailers.get("Fidelity")
    if stated not in (None, NEAREST):
        raise PatchError(
            f"{planted.patch_path}: `Fidelity: {stated}` is not known",
            next_step=f"`Fidelity: {NEAREST}`, or leave it out: fidelity is measured",
        )
    if stated and planted.variant is Variant.CPP:
        raise PatchError(f"{planted.patch_path}: `Fidelity:` is about a translation, and this is what was translated")
    return stated is not None


def _functions(stated: str, texts: list[str], shown: str) -> frozenset[str]:
    """The identifiers of `Function:`, each of which has to stand in a patched file."""
    names = frozenset(word for word in re.split(r"[,\s]+", stated) if word)
    unknown = [name for name in names if not any(re.search(rf"\b{re.escape(name)}\b", text) for text in texts)]
    if not names or unknown:
        raise PatchError(
            f"{shown}: the trailer `Function: {stated}` names no function of a patched file",
            next_step="name the function that the patch changes, as it is written there",
        )
    return names


def read_trailers(patch: Patch) -> Trailers:
    """The title (first line), the trailers, and the canary overlay they describe.

    Raises PatchError on a trailer that is stated twice, or that looks like a known one and is none.
    """
    lines = [line for line in patch.header.split("\n") if line.strip() not in ("---", "")]
    values: dict[str, str] = {}
    canary: list[tuple[str, str]] = []
    last = ""
    for line in lines[1:]:
        match = _TRAILER.match(line)
        if match is None:
            if line.startswith(("  ", "\t")) and last.startswith("Canary"):
                canary[-1] = (last, canary[-1][1] + "\n" + line.strip())
            else:
                last = ""
            continue
        last, value = match[1], match[2].strip()
        meant = difflib.get_close_matches(last, TRAILERS, n=1, cutoff=0.75)
        if meant and last not in TRAILERS:
            raise PatchError(f"{patch.name}: the trailer `{last}:` is not known; perhaps you meant `{meant[0]}:`")
        if last.startswith("Canary"):
            canary.append((last, value))
        elif last in values:
            raise PatchError(f"{patch.name}: the trailer `{last}:` is stated twice")
        else:
            values[last] = value
    return Trailers(lines[0].strip() if lines else "", values, parse_overlay(canary, patch.name))


def _merge_facts(facts: dict[str, str], trailers: Trailers, name: str) -> None:
    for key in ("Bug-Class", "CWE", "Born-In", "Imitates", "Target"):
        value = trailers.get(key)
        if value is None:
            continue
        if facts.setdefault(key, value) != value:
            raise PatchError(
                f"{name}: its patches disagree on `{key}:` ({facts[key]!r} and {value!r})",
                next_step="state it once, in the C++ patch",
            )


def _mistake(name: str, title: str, facts: Mapping[str, str], planted: tuple[Planted, ...]) -> Mistake:
    missing = [key for key in ("Bug-Class", "CWE", "Born-In") if key not in facts]
    if missing:
        problems = "; ".join(one.problem for one in planted if one.problem)
        raise PatchError(
            f"{name}: no patch states {', '.join(f'`{key}:`' for key in missing)} ({problems or 'add it'})"
        )
    if facts["Born-In"] not in _BORN_IN:
        raise PatchError(f"{name}: `Born-In: {facts['Born-In']}` should be C++ or Rust")
    if not facts["CWE"].isdigit():
        raise PatchError(f"{name}: `CWE: {facts['CWE']}` should be a number")
    try:
        known = bug_class(facts["Bug-Class"])
    except UsageError as error:  # one patch's typing error is no reason to run nothing
        raise PatchError(f"{name}: {error.message}; {error.next_step}") from error
    return Mistake(
        name=name,
        title=title,
        bug_class=known.slug,
        cwe=int(facts["CWE"]),
        born_in=_BORN_IN[facts["Born-In"]],
        imitates=facts.get("Imitates"),
        target=facts.get("Target", "message"),
        planted=planted,
    )


def _shown(path: Path, folder: Path) -> str:
    """The path from the repository's root: targets-cpp/dns/mistakes/….patch"""
    return path.relative_to(folder.parent.parent).as_posix()
