"""What a run of any kind records of itself: its toolchain, its controls, what its stages cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """Versions read inside the image; the fingerprint goes into every job key."""

    image_id: str  # recorded, never hashed: two builds of one recipe differ in it
    triple: str
    versions: tuple[tuple[str, str], ...]
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A check on the experiment itself. One that fails makes the run an error, not a result."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCost:
    stage: str
    jobs_run: int
    jobs_reused: int
    jobs_failed: int
    wall_s: float
    cpu_s: float
