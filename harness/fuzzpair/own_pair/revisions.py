"""What git knows of a change: the revision that it is based on, the files that it changed, and the tree of the base."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fuzzpair.backends.local import run_tool, tool_path
from fuzzpair.errors import UsageError


@dataclass(frozen=True)
class Repository:
    """The checkout around a folder. Every method raises UsageError with git's own words where git cannot do it."""

    root: Path  # of the pair: the folder of pipeline.yml, the whole checkout or a part of it
    environ: Mapping[str, str]

    def base_of(self, revision: str) -> str:
        """The commit where HEAD left a revision; the revision itself where a shallow checkout cannot tell."""
        if revision.startswith("-"):
            raise UsageError(f"{revision!r} is not a revision", next_step="name a branch, a tag or a commit")
        commit = self._git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")[-1]
        code, lines = self._run("merge-base", commit, "HEAD")
        return lines[-1] if code == 0 and lines else commit

    def changed_files(self, base: str) -> tuple[str, ...]:
        """What differs from a commit in the pair's folder, by its path in there; what git does not track yet too."""
        known = self._git("-c", "core.quotePath=false", "diff", "--name-only", "--no-renames", "--relative", base, "--")
        new = self._git("-c", "core.quotePath=false", "ls-files", "--others", "--exclude-standard")
        outside = self._git("-c", "core.quotePath=false", "diff", "--name-only", "--no-renames", base, "--")
        prefix = "".join(self._git("rev-parse", "--show-prefix"))
        beside = [path for path in outside if not path.startswith(prefix)] if prefix else []
        return tuple(dict.fromkeys((*known, *new, *beside)))

    def export(self, commit: str, folder: Path) -> Path:
        """The tree of a commit in an empty folder; the pair's own folder in there. Submodules are not in it."""
        packed = folder / "base.tar"
        top = Path(self._git("rev-parse", "--show-toplevel")[-1])
        self._git("archive", "--format=tar", f"--output={packed}", commit, at=top)
        tree = folder / "tree"
        tree.mkdir()
        with tarfile.open(packed) as archive:
            archive.extractall(tree, filter="data")
        packed.unlink()
        return tree / self.root.resolve().relative_to(top.resolve())

    def _git(self, *words: str, at: Path | None = None) -> list[str]:
        code, lines = self._run(*words, at=at)
        if code != 0:
            said = " ".join(lines[-3:]) or f"exit code {code}"
            raise UsageError(
                f"git {words[0]}: {said}", next_step="run it in a checkout that has the base revision (fetch depth)"
            )
        return lines

    def _run(self, *words: str, at: Path | None = None) -> tuple[int, list[str]]:
        git = tool_path("git", self.environ)
        if git is None:
            raise UsageError("git is not installed", next_step="install git: a change is compared by it")
        lines: list[str] = []
        ended = run_tool((git, "-C", str(at or self.root), *words), env=self.environ, on_line=lines.append)
        return ended.exit_code, lines
