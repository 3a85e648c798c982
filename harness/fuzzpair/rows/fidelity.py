"""Whether the predicate in front of the slip was true in a variant as it was in C++: then it is the same slip."""

from __future__ import annotations

from fuzzpair.bug_classes import bug_class
from fuzzpair.fuzz.triggers import Triggers
from fuzzpair.model.evidence import CanaryCount
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Variant
from fuzzpair.model.verdict import Fidelity
from fuzzpair.replay import RACE_TRIES
from fuzzpair.rows.results import VariantResults
from fuzzpair.rows.work import VariantWork


def fidelity_of(results: VariantResults, triggers: Triggers) -> tuple[CanaryCount, Fidelity | None, str]:
    """What the canary counted, what that says, and why. C++ is what the others are held against: it has no fidelity."""
    planted = results.work.planted
    replays = results.replays(results.work.replays.get(Flavour.CANARY))
    triggered = [one.input for one in replays if one.triggered]
    count = CanaryCount(
        reached=sum(one.reached > 0 for one in replays), triggered=len(triggered), inputs=tuple(triggered)
    )
    told = f"the predicate is true on {len(triggered)} of {len(triggers.inputs)} triggering inputs"
    if planted.variant is Variant.CPP:
        return count, None, told
    if planted.is_nearest:
        return count, Fidelity.NOT_CONFIRMABLE, f"{planted.variant} cannot express the class, only what is nearest"
    if planted.canary_tree is None:
        return count, Fidelity.NOT_CONFIRMABLE, "its patch states no canary"
    is_race = bug_class(results.work.mistake.bug_class).is_race
    if triggered and (is_race or len(triggered) == len(replays)):
        tries = RACE_TRIES[Flavour.CANARY]
        chance = f", tried up to {tries} times each: whether threads meet is chance" if is_race else ""
        return count, Fidelity.CONFIRMED, told + chance
    if planted.variant is Variant.RUST_UNSAFE:
        return count, Fidelity.FAILED, told
    return count, Fidelity.NOT_CONFIRMABLE, told


def why_no_triggers(work: VariantWork) -> str:
    cpp = work.mistake.variant(Variant.CPP)
    if cpp is None or cpp.problem:
        return "no triggering inputs, as they are gathered on the C++ variant, which could not be done"
    if cpp.canary_tree is None:
        return f"no triggering inputs: {cpp.patch_path} states no canary"
    return "no triggering inputs: the canary flavour was not built, or gathering them failed or was interrupted"
