"""A smaller input that still does it: delta reduction over batches of candidates. Pure; the caller tries them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

# Asked at once: a sandbox answers many at the cost of one round trip, and chunks that may go alone often go together.
BATCH: Final = 16

# Candidates -> whether each still does it. Fewer answers than candidates: the time is up.
Keeps = Callable[[Sequence[bytes]], Sequence[bool]]
Chunk = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """The smallest input that still did it, never larger than the one that was given."""

    content: bytes
    tries: int  # candidates that were tried
    is_minimal: bool  # without any single one of its octets it no longer does it; False: the tries or the time ran out


def reduce_input(content: bytes, keeps: Keeps, tries: int) -> Reduced:
    """Take chunks away, from the whole down to single octets, as long as `keeps` says that the rest still does it.

    `content` itself is taken to do it and is not tried. The same answers give the same result: nothing is random, and
    no candidate is tried twice. Needs at most `tries` candidates.
    """
    search = _Search(content, keeps, tries)
    try:
        search.run()
    except _Over:
        return Reduced(content=search.best, tries=len(search.answers), is_minimal=False)
    return Reduced(content=search.best, tries=len(search.answers), is_minimal=True)


class _Over(Exception):  # noqa: N818 - the end of a search, not an error
    pass


class _Search:
    def __init__(self, content: bytes, keeps: Keeps, tries: int) -> None:
        self.best = content
        self.answers: dict[bytes, bool] = {}
        self._keeps = keeps
        self._tries = tries

    def run(self) -> None:
        size = len(self.best)
        while self.best:
            has_removed = self._without_chunks_of(size)
            if size == 1 and not has_removed:
                return
            # Behind a removal the other single octets get another chance: one may have needed the one that is gone.
            size = max(1, size // 2)

    def _without_chunks_of(self, size: int) -> bool:
        """One pass over the input, from its end: what goes there moves nothing that is still to be tried."""
        length = end = len(self.best)
        while end > 0:
            cuts = range(end, max(0, end - BATCH * size), -size)
            chunks = [(max(0, cut - size), cut) for cut in cuts]
            whole = self.best
            answers = self._ask([_without(whole, [chunk]) for chunk in chunks])
            removable = [chunk for chunk, is_kept in zip(chunks, answers, strict=True) if is_kept]
            # Each may go alone; how many of them may go together is another question.
            self._ask([_without(whole, removable[:count]) for count in range(2, len(removable) + 1)])
            end = chunks[-1][0]
        return len(self.best) < length

    def _ask(self, candidates: Sequence[bytes]) -> list[bool]:
        unknown = [one for one in dict.fromkeys(candidates) if one not in self.answers]
        asked = unknown[: self._tries - len(self.answers)]
        answers = self._keeps(asked) if asked else ()
        self.answers.update(zip(asked, answers, strict=False))
        kept = [one for one in candidates if self.answers.get(one)]
        self.best = min([self.best, *kept], key=len)  # the first of the smallest, so the order of asking decides
        if len(answers) < len(unknown):
            raise _Over
        return [self.answers[one] for one in candidates]


def _without(content: bytes, chunks: Sequence[Chunk]) -> bytes:
    """The content without chunks that are given from the last to the first."""
    for start, end in chunks:
        content = content[:start] + content[end:]
    return content
