"""What a run tells whoever watches it: the one seam between the pipeline and a display."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fuzzpair.model.run_facts import StageCost
from fuzzpair.model.run_record import Row


class Observer(Protocol):
    """Hears of a run's progress. Called from the main thread only; never raises, never decides."""

    def stage_planned(self, name: str, total: int, reused: int) -> None:
        """`total` more jobs belong to the stage; `reused` of them need no work, as their results are stored."""

    def job_done(self, name: str, label: str, cpu_s: float, failed: bool) -> None:
        """One job of stage `name` ended; a reused one is not told again."""

    def stage_finished(self, cost: StageCost) -> None: ...

    def mistake_judged(self, rows: Sequence[Row], done: int, total: int) -> None:
        """A mistake has its rows, the `done`th of `total`."""

    def message(self, text: str) -> None:
        """One thing that the user should read, such as what an image is being made from."""


class Silent:
    """An observer that shows nothing: for tests, and for callers that only want the record."""

    def stage_planned(self, name: str, total: int, reused: int) -> None:
        pass

    def job_done(self, name: str, label: str, cpu_s: float, failed: bool) -> None:
        pass

    def stage_finished(self, cost: StageCost) -> None:
        pass

    def mistake_judged(self, rows: Sequence[Row], done: int, total: int) -> None:
        pass

    def message(self, text: str) -> None:
        pass
