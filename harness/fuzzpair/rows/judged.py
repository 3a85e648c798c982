"""What each flavour says of a variant's triggering inputs, and of its counterpart's run on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from fuzzpair.bug_classes import bug_class
from fuzzpair.model.evidence import Judgement
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.replay import Ending
from fuzzpair.model.verdict import Rung
from fuzzpair.rows.results import Problem, VariantResults
from fuzzpair.tally import Runs, catches, clean_inputs, ending_of, touches, wrong_outputs

# What a judge that was not heard could have moved to an earlier rung.
LAST_RUNGS = (Rung.OBSERVED, Rung.NO_EFFECT, Rung.NOT_SEEN)


def runs_of(results: VariantResults) -> Runs:
    """The replays on every build, with what the tally has to know of the mistake."""
    work, planted = results.work, results.work.planted
    return Runs(
        variant=planted.variant,
        undefined=bug_class(work.mistake.bug_class).undefined,
        latent=bug_class(work.mistake.bug_class).is_latent,
        functions=planted.functions,
        changed=planted.changed,
        own={flavour: results.replays(job) for flavour, job in work.replays.items()},
        counterpart={flavour: results.replays(job) for flavour, job in work.counterpart.items()},
    )


def check_counterpart(runs: Runs) -> None:
    """Raises Problem where the fixed counterpart is not clean on an input."""
    for flavour, replays in runs.counterpart.items():
        # A judge that flags legal C++ may flag the counterpart's: then it catches no mistake on that input.
        for one in replays if not flavour.flags_legal else ():
            if ending_of(one) is not Ending.CLEAN:
                said = one.report.kind if one.report else f"{ending_of(one)}"
                raise Problem(
                    f"its fixed counterpart is not clean in the {flavour} flavour on input {one.input[:12]}: {said}"
                )


def unheard(results: VariantResults, runs: Runs, rungs: Iterable[Rung]) -> str:
    """Why silence is none: a flavour that had to speak, or its counterpart, was not run (interrupted, failed)."""
    assert results.work.subject is not None
    needs_judges = any(rung in LAST_RUNGS for rung in rungs)
    for flavour in results.work.subject.flavours:
        if not (needs_judges or flavour.is_production or flavour is Flavour.CANARY):
            continue
        replays = runs.own.get(flavour, ())
        if not replays:
            return f"the {flavour} flavour was not run: {results.why_not_run(flavour)}"
        asked = flavour is Flavour.DEFAULT or any(ending_of(one) is not Ending.CLEAN for one in replays)
        if asked and flavour is not Flavour.CANARY and not runs.counterpart.get(flavour):
            return f"its fixed counterpart was not run in the {flavour} flavour"
    return ""


def judgements_of(row: str, results: VariantResults, runs: Runs) -> Iterator[Judgement]:
    """One for each flavour; the canary is no judge. `row` is the row's name, for the command that shows it again."""
    assert results.work.subject is not None
    for flavour in results.work.subject.flavours:
        if flavour is not Flavour.CANARY:
            yield _judgement(row, results, runs, flavour)


def _judgement(row: str, results: VariantResults, runs: Runs, flavour: Flavour) -> Judgement:
    replays = runs.own.get(flavour, ())
    caught = catches(runs, flavour)
    example = next((one for one in replays if one.input in caught), replays[0] if replays else None)
    report = example.report if example else None
    kinds = Counter(one.report.kind for one in replays if one.report)
    tools = Counter(tool for _, tool in caught.values())
    tool = tools.most_common(1)[0][0] if tools else "none"
    return Judgement(
        flavour=flavour,
        tool=tool if replays else "not run",
        endings=tuple(sorted(Counter(str(ending_of(one)) for one in replays).items())),
        kinds=tuple(sorted(kinds.items())) if replays else ((results.why_not_run(flavour), 0),),
        k=len(caught),
        n=len(replays),
        touches_patch=bool(caught) or bool(report and touches(report, runs.functions, runs.changed)),
        counterpart_clean=clean_inputs(runs.counterpart.get(flavour, ()))
        >= {one.input for one in replays if ending_of(one) is not Ending.CLEAN},
        wrong_output=len(wrong_outputs(runs, flavour)),
        example_input=example.input if example else None,
        example_log=example.log if example else None,
        excerpt=report.excerpt if report else "",
        reproduce=f"./fuzzpair replay {row} --flavour {flavour} --input {example.input}" if example else "",
    )
