"""A proposal -> the text of pipeline.yml, with a comment where a user may want something else. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

from fuzzpair.discovery.crates import FuzzCrate
from fuzzpair.discovery.proposal import Proposal
from fuzzpair.discovery.scripts import Script

# What YAML reads as the text that it is, wherever it stands.
_PLAIN: Final = re.compile(r"[A-Za-z_./][A-Za-z0-9_./+-]*")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def render_pipeline(proposal: Proposal) -> str:
    """The file. It holds at least one side: callers ask `is_empty` first."""
    lines = [
        "# A pair of one's own, for fuzzpair: written by `fuzzpair init`, yours from now on.",
        "# `fuzzpair schema` prints what may stand here; docs/your-own-pair.md explains it.",
        "version: 1",
        "fuzz:",
        f"  name: {scalar(proposal.name)}",
    ]
    if proposal.script:
        lines += _cpp(proposal, proposal.script)
    if proposal.crate:
        lines += _rust(proposal.crate)
    lines += _targets(proposal)
    lines += _shared(proposal)
    return "\n".join(lines) + "\n"


def scalar(text: str) -> str:
    """A text as YAML's plain or double-quoted scalar."""
    is_word = text.lower() in _WORDS or (text[:1] == "." and "/" not in text)  # .5 and .inf are numbers
    is_plain = _PLAIN.fullmatch(text) and not is_word
    return text if is_plain or text == "." else json.dumps(text, ensure_ascii=False)


def _list(words: Sequence[str]) -> str:
    return f"[{', '.join(map(scalar, words))}]"


def _said(text: str, comment: str) -> str:
    return f"{text:<40} # {comment}"


def _comment(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _cpp(proposal: Proposal, script: Script) -> Iterator[str]:
    yield "  cpp:"
    yield _said(f"    source: {scalar(script.source)}", f"becomes $SRC/{proposal.name}, where the script is run")
    yield f"    build: {scalar(script.path)}"
    for other in proposal.scripts[1:4]:
        yield f"    # build: {_comment(other.path)}"
    yield f"    sanitizers: {_list(proposal.sanitizers)}"
    if "memory" in script.sanitizers:
        yield "    # memory is among your project's sanitizers; it needs every library built with it"
    yield _said("    # without: [alignment, shift]", "checks of UBSan that stop at what this code does on purpose")
    if script.fetch:
        yield _said(f"    fetch: {scalar(script.fetch)}", "run once, with network, while the pair's image is made")
    elif script.fetched:
        yield _said(
            f"    # fetch: {_comment(script.folder)}/fetch.sh", "to write; it gets into $SRC, once, with network:"
        )
        yield from (f"    #   {_comment(url)}" for url in script.fetched)


def _rust(crate: FuzzCrate) -> Iterator[str]:
    yield "  rust:"
    yield f"    source: {scalar(crate.source)}"
    yield f"    fuzz: {scalar(crate.folder)}"
    yield "    sanitizers: [address]"


def _targets(proposal: Proposal) -> Iterator[str]:
    like = proposal.likeness
    if like.alike:
        yield _said("  targets:", "those that both sides call alike need no line here")
    elif like.maybe:
        yield _said("  # targets:", "which program of the one side is which of the other")
    for name, one, other in like.alike:
        yield f"    {scalar(name)}: {{cpp: {scalar(one)}, rust: {scalar(other)}}}"
    for name, one, other in like.maybe:
        yield f"    # {scalar(name)}: {{cpp: {scalar(one)}, rust: {scalar(other)}}}  # if both read the same format"


def _shared(proposal: Proposal) -> Iterator[str]:
    if proposal.seeds.corpus:
        yield f"  corpus: {scalar(proposal.seeds.corpus)}"
    else:
        yield _said("  # corpus: corpus", "seeds: corpus/TARGET/*")
    packages = proposal.script.packages if proposal.script else ()
    yield f"  packages: {_list(packages)}" if packages else _said("  # packages: [libssl-dev]", "Debian packages")
    yield _said("  state: .fuzzpair/pair", "corpora, findings and records; or a URL: s3://bucket/path")
    yield _said("  known_issues: known-issues.yml", "findings accepted for a time; need not be there")
    yield "  change: {seconds: 60, replay_seconds: 60}"
    yield "  nightly: {seconds: 3600}"
