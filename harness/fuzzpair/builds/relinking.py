"""A program around a changed library: linked anew with the objects that the unpatched build made of it. Pure.

rustc takes 90 of a program's 130 ms of CPU time to find that its own file is what it was. What it would make is what it
made before, as long as nothing of the library was compiled into the program (`holds`), and what the program calls there
is declared as it was (`declared`). What is not there any more, the linker does not find.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

_FUNCTION = re.compile(r"^[^\n{}]*\bfn (?P<name>\w+)[^{]*", re.MULTILINE)


def arguments_of(printed: str, linker: str, folder_holds: str) -> tuple[str, ...] | None:
    """What rustc hands to the linker, from what `--print=link-args` prints; None where it printed none.

    The sandbox's own folder is left out of its paths: it is the one that holds the file `folder_holds`.
    """
    line = next((one for one in printed.splitlines() if f'"{linker}"' in one), None)
    if line is None:
        return None
    words = shlex.split(line)
    words = words[words.index(linker) + 1 :]
    folder = next((word.removesuffix(folder_holds) for word in words if word.endswith(f"/{folder_holds}")), None)
    return tuple(word if folder is None else word.removeprefix(folder) for word in words)


def command_of(shown: str) -> tuple[str, ...] | None:
    """The one command that clang would run, from what `-###` shows."""
    lines = [line for line in shown.splitlines() if line.startswith(' "')]
    return tuple(shlex.split(lines[0])) if len(lines) == 1 else None


def own_objects(command: Sequence[str]) -> tuple[str, ...]:
    """Objects of the program itself: those below the sandbox's folder."""
    return tuple(word for word in command if word.endswith(".o") and not word.startswith(("-", "/", "..")))


def holds(symbols: str, crate: str) -> bool:
    """Whether objects hold code of a crate, or code of others that was made for its types; `symbols` is what `llvm-nm`
    says of them."""
    return any(kind != "U" for kind, _ in _of_crate(symbols, crate))


def called(symbols: str, crate: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Names of those functions of a crate, whose sources are `texts`, that the objects call; by chance a few more: an
    instance of std's code that was made in the crate is named after both."""
    wanted = " ".join(name for kind, name in _of_crate(symbols, crate) if kind == "U")
    functions = {match["name"] for text in texts for match in _FUNCTION.finditer(text)}
    return tuple(sorted(name for name in functions if f"{len(name)}{name}" in wanted))


def declared(names: Iterable[str], texts: Iterable[str]) -> list[str]:
    """How functions of these names are declared in a crate's sources, up to their bodies."""
    wanted = {*names}
    return [match[0] for text in texts for match in _FUNCTION.finditer(text) if match["name"] in wanted]


def _of_crate(symbols: str, crate: str) -> Iterator[tuple[str, str]]:
    """Kind and name of the symbols that are named after a crate, in both of rustc's ways to name them."""
    for words in map(str.split, symbols.splitlines()):
        if len(words) > 1 and f"{len(crate)}{crate}" in words[-1]:
            yield words[-2], words[-1]
