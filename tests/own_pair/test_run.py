"""Whole runs of a pair: campaigns that share a corpus, crashes on the twin, nights that follow each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from fuzzpair.errors import BackendError, SandboxError
from fuzzpair.model.command import Command, Completed
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import Checkup, Health, OnTwin
from fuzzpair.model.standing import Standing
from fuzzpair.own_pair.known_issues import KnownIssue
from fuzzpair.own_pair.state import unit_name
from fuzzpair.own_pair.wish import Built, Chosen
from own_pair.pair_runs import TODAY, WISH, Tiny, of
from own_pair.tiny_target import ENDINGS, Files, TinyTargets, program, sha1, side

CPP, RUST = Language.CPP, Language.RUST


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny(tmp_path)


def test_both_twins_and_all_flavours_grow_one_corpus(tiny: Tiny) -> None:
    cpp = program(tiny.store, CPP, edges={"a": 1, "b": 1}, new=["aa"])
    rust = program(tiny.store, RUST, edges={"a": 1, "b": 1}, new=["b"])
    record = tiny(cpp, rust, seeds={"header": (b"a",)}, seconds=240)
    assert record.exit_code == 0, record.reasons
    sizes = tiny.state.unit_sizes("header")
    assert sizes == {unit_name(b"a"): 1, unit_name(b"aa"): 2, unit_name(b"b"): 1}
    (corpus,) = record.corpora
    assert (corpus.before, corpus.after, corpus.added) == (0, 3, 3)
    # 120 s each, in slices; the second one began with what the other side had found in the first.
    assert [one.seconds for one in record.campaigns] == [120.0, 120.0]
    assert [one.edges for one in record.campaigns] == [2, 2]
    assert [one.executions for one in record.campaigns] == [120_000, 120_000]
    assert record.campaigns[0].growth[-1][0] == 120.0


def test_a_crash_is_told_with_what_the_twin_does(tiny: Tiny) -> None:
    cpp = program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"])
    rust = program(tiny.store, RUST, crashes={}, accepts=True)
    record = tiny(cpp, rust)
    (found,) = record.findings
    assert (found.target, found.language, found.standing) == ("header", CPP, Standing.NEW)
    assert found.bug_classes == ("heap-buffer-overflow-read",)
    assert (found.inputs[0].name, found.inputs[0].k, found.inputs[0].n) == (f"crash-{sha1(b'a!')}", 5, 5)
    assert [(one.language, one.outcome) for one in found.twin] == [(RUST, OnTwin.ACCEPTED)]
    assert record.exit_code == 1
    assert found.key in record.reasons[0]
    assert tiny.state.artifacts("header", CPP, [found.inputs[0].name]) == {found.inputs[0].name: b"a!"}
    assert tiny.state.log(found.inputs[0].log)


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("heap", OnTwin.SAME_CRASH),
        ("other", OnTwin.OTHER_CRASH),
        ("panic", OnTwin.PANIC),
        ("hang", OnTwin.HANG),
    ],
)
def test_every_way_in_which_a_twin_answers(tiny: Tiny, word: str, outcome: OnTwin) -> None:
    cpp = program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"])
    rust = program(tiny.store, RUST, crashes={"!": word})
    record = tiny(cpp, rust)
    assert [one.outcome for one in of(record, CPP)[0].twin] == [outcome]
    # What the twin does is a finding of its own, with its own answer.
    assert of(record, RUST)[0].twin[0].outcome in (OnTwin.SAME_CRASH, OnTwin.OTHER_CRASH)


def test_one_side_alone_says_why_nothing_was_tried_on_the_other(tiny: Tiny) -> None:
    cpp = program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"])
    (found,) = tiny(cpp).findings
    assert [(one.outcome, one.why) for one in found.twin] == [(OnTwin.NOT_RUN, "the other side has no target 'header'")]


def test_one_site_is_one_bug_with_every_class_that_was_seen(tiny: Tiny) -> None:
    """And each of several bugs is found: the first does not hide the rest."""
    cpp = program(tiny.store, CPP, crashes={"!": "heap", "?": "free", "#": "other"}, new=["a!", "a?", "a#", "a!!"])
    found = {one.lines[1]: one for one in tiny(cpp).findings}
    assert sorted(found) == ["in copy_extra (inflate.c)", "in drop_state (state.c)"]
    copy = found["in copy_extra (inflate.c)"]
    assert set(copy.bug_classes) == {"heap-buffer-overflow-read", "use-after-free"}
    assert len(copy.inputs) == 3
    assert found["in drop_state (state.c)"].bug_classes == ("use-after-free",)


def test_a_site_keeps_its_key_whichever_class_is_seen_first(tiny: Tiny) -> None:
    cpp = program(tiny.store, CPP, crashes={"!": "heap", "?": "free"}, new=["a?"])
    (first,) = tiny(cpp).findings
    both = program(tiny.store, CPP, crashes={"!": "heap", "?": "free"}, new=["a!"])
    (second,) = tiny(both).findings
    assert (second.key, second.standing) == (first.key, Standing.KNOWN)
    assert set(second.bug_classes) == {"heap-buffer-overflow-read", "use-after-free"}


def test_flavours_link_what_they_say_of_one_input(tiny: Tiny) -> None:
    address = program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"])
    undefined = program(tiny.store, CPP, Flavour.UNDEFINED, crashes={"!": "heap"})
    (found,) = tiny(address, undefined).findings
    assert found.flavours == (Flavour.ADDRESS, Flavour.UNDEFINED)


def test_another_tools_word_for_one_input_at_one_place_is_the_same_bug(tiny: Tiny) -> None:
    """UBSan calls a wild read an exhausted stack when its address is near one."""
    address = program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"])
    undefined = program(tiny.store, CPP, Flavour.UNDEFINED, crashes={"!": "deep"})
    (found,) = tiny(address, undefined).findings
    assert found.flavours == (Flavour.ADDRESS, Flavour.UNDEFINED)
    assert found.bug_classes == ("heap-buffer-overflow-read", "unbounded-recursion")


def test_what_does_not_reproduce_is_kept_and_fails_nothing(tiny: Tiny) -> None:
    """And the empty input that fork mode leaves behind is no finding."""
    tiny.targets.silent_replays = 1000
    cpp = program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"])
    record = tiny(cpp)
    (found,) = record.findings
    assert found.key.startswith("unreproduced-")
    assert (found.inputs[0].k, found.inputs[0].n, found.is_flaky) == (0, 5, True)
    assert record.exit_code == 0
    assert tiny.state.artifacts("header", CPP, [found.inputs[0].name])


def test_an_empty_input_that_does_crash_is_a_finding(tiny: Tiny) -> None:
    cpp = program(tiny.store, CPP, crashes={"": "heap"})
    (found,) = tiny(cpp).findings
    assert found.inputs[0].octets == 0


def test_timeouts_are_findings_and_never_fail_a_run(tiny: Tiny) -> None:
    cpp = program(tiny.store, CPP, crashes={"~": "hang"}, new=["a~"])
    record = tiny(cpp)
    (found,) = record.findings
    assert (found.inputs[0].k, found.inputs[0].n, record.exit_code) == (2, 2, 0)


def test_a_campaign_that_executed_nothing_ends_with_3_and_shows_what_others_found(tiny: Tiny) -> None:
    cpp = program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"])
    rust = program(tiny.store, RUST)
    tiny.targets.dead = {"header_rust_address"}
    record = tiny(cpp, rust)
    assert record.exit_code == 3
    assert "executed nothing" in record.reasons[0]
    assert "cannot open shared object" in record.reasons[0]
    assert of(record, CPP)
    assert any("new finding" in one for one in record.reasons)


@pytest.mark.parametrize("ill", ["problem", "missing", "bad"])
def test_what_was_not_built_or_cannot_be_fuzzed_ends_with_3(tiny: Tiny, ill: str) -> None:
    cpp = program(tiny.store, CPP)
    whole = side(tiny.store, CPP, cpp)
    rust = program(tiny.store, RUST)
    build = side(tiny.store, RUST, rust)
    checkups = ((rust.name, Checkup(health=Health.BAD, edges=0, reasons=("not instrumented",))),)
    built = {
        "problem": Built(builds=(whole, side(tiny.store, RUST, problem="rustc: error")), checkups=()),
        "missing": Built(builds=(whole, replace(build, missing=("gone",))), checkups=()),
        "bad": Built(builds=(whole, build), checkups=checkups),
    }[ill]
    record = tiny(built=built)
    assert record.exit_code == 3
    assert len(record.reasons) == 1
    assert record.campaigns[0].executions
    fuzzed = {one.language for one in record.campaigns}
    assert fuzzed == ({CPP, RUST} if ill == "missing" else {CPP})


# --- nights ------------------------------------------------------------------------------------


def test_a_finding_is_new_then_known_then_fixed_then_reopened(tiny: Tiny) -> None:
    ill = program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"])
    well = program(tiny.store, CPP, crashes={}, new=["a!"])
    standings = []
    for one in (ill, ill, well, well, ill):
        record = tiny(one, verb="nightly", prunes=True, marks_fixed=True)
        standings.append([(each.standing, record.exit_code) for each in record.findings])
    assert standings == [
        [(Standing.NEW, 1)],
        [(Standing.KNOWN, 0)],
        [(Standing.FIXED, 0)],
        [],
        [(Standing.REOPENED, 1)],
    ]
    assert record.findings[0].first_seen <= record.findings[0].last_seen


def test_a_known_finding_is_shown_again_from_the_state_alone(tiny: Tiny) -> None:
    """Another machine: nothing of the store is there, and nothing is found by fuzzing."""
    tiny(program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"]))
    tiny.store_name = "another"
    record = tiny(program(tiny.store, CPP, crashes={"!": "heap"}))
    (found,) = record.findings
    assert (found.standing, record.exit_code) == (Standing.KNOWN, 0)
    assert tiny.damaged == []


def test_nothing_is_called_fixed_while_its_program_is_not_built(tiny: Tiny) -> None:
    ill = program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"])
    rust = program(tiny.store, RUST)
    tiny(ill, rust)
    record = tiny(rust, verb="nightly", marks_fixed=True)
    assert [one.standing for one in record.findings] == [Standing.KNOWN]
    event = tiny.state.events()[-1]
    tiny.state.files.delete([f"artifacts/header/cpp/{event.finding.inputs[0].name}"])
    record = tiny(program(tiny.store, CPP), rust, verb="nightly", marks_fixed=True)
    assert [one.standing for one in record.findings] == [Standing.KNOWN], "its input is gone: nothing was tried"


def test_a_flaky_finding_is_given_more_chances_before_it_is_fixed(tiny: Tiny) -> None:
    tiny.targets.silent_replays = 2
    ill = program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"])
    (found,) = tiny(ill).findings
    assert (found.inputs[0].k, found.inputs[0].n) == (4, 5)
    tiny.targets.replays.clear()
    tiny(program(tiny.store, CPP), verb="nightly", marks_fixed=True)
    assert sum(content == b"a!" for _, content in tiny.targets.replays) == 20


def test_a_night_prunes_what_no_program_needs(tiny: Tiny) -> None:
    cpp = program(tiny.store, CPP, edges={"a": 1})
    rust = program(tiny.store, RUST, edges={"b": 1})
    seeds = {"header": (b"a", b"aa", b"aaa", b"b!", b"zz")}
    record = tiny(cpp, rust, verb="nightly", prunes=True, seeds=seeds)
    assert set(tiny.state.units("header", tiny.state.unit_sizes("header")).values()) == {b"a", b"b!"}
    assert (record.corpora[0].generation, record.corpora[0].pruned, record.corpora[0].after) == (1, 3, 2)


def test_nothing_is_pruned_when_a_side_could_not_say_what_it_needs(tiny: Tiny) -> None:
    cpp = program(tiny.store, CPP, edges={"a": 1})
    built = Built(builds=(side(tiny.store, CPP, cpp), side(tiny.store, RUST, problem="rustc: error")), checkups=())
    record = tiny(built=built, verb="nightly", prunes=True, seeds={"header": (b"a", b"aa")})
    assert record.corpora[0].pruned == 0
    assert any("not pruned" in one for one in record.notes)
    assert len(tiny.state.unit_sizes("header")) == 2


def test_a_corpus_is_capped(tiny: Tiny) -> None:
    cpp = program(tiny.store, CPP, edges={"a": 1, "b": 1, "c": 1})
    seeds = {"header": (b"a", b"bb", b"ccc")}
    record = tiny(cpp, verb="nightly", prunes=True, keep_units=2, seeds=seeds)
    assert record.corpora[0].after == 2
    assert "over the cap" in record.notes[0]


def test_a_night_that_does_far_less_than_the_last_ones_raises_an_alarm(tiny: Tiny) -> None:
    good = program(tiny.store, CPP, edges={"a": 1, "b": 1}, new=["ab"])
    slow = program(tiny.store, CPP, edges={"z": 1}, new=["ab"], speed=10)
    for _ in range(2):
        assert tiny(good, verb="nightly", prunes=True).exit_code == 0
    record = tiny(slow, verb="nightly", prunes=True)
    assert record.exit_code == 3
    assert [one.partition(": ")[2].split(" ")[0] for one in record.alarms] == ["coverage", "10"]


# --- what is killed ----------------------------------------------------------------------------


class Dies(TinyTargets):
    """An engine that is gone behind so many commands: as when its machine is."""

    left = 1

    def __call__(self, command: Command, files: Files) -> Completed:
        if not self.left:
            raise BackendError("the engine is gone", next_step="start it")
        self.left -= 1
        return super().__call__(command, files)


@pytest.mark.parametrize("left", range(6))
def test_whatever_ends_a_run_what_it_harvested_is_kept_and_the_next_one_goes_on(tiny: Tiny, left: int) -> None:
    dies = Dies()
    dies.left = left
    tiny.targets = dies
    cpp = program(tiny.store, CPP, crashes={"!": "heap"}, edges={"a": 1}, new=["a!", "aa"])
    record = tiny(cpp)
    assert (record.exit_code, record.complete) == (3, False)
    assert "the engine is gone" in record.reasons[0]
    if left:
        assert tiny.state.artifact_names("header", CPP) == (f"crash-{sha1(b'a!')}",)
        assert unit_name(b"aa") in tiny.state.unit_sizes("header")
    tiny.targets = TinyTargets()
    again = tiny(program(tiny.store, CPP, crashes={"!": "heap"}, edges={"a": 1}))
    assert [one.inputs[0].name for one in again.findings] == ([f"crash-{sha1(b'a!')}"] if left else [])


def test_an_input_that_nobody_came_to_try_is_tried_by_the_next_run(tiny: Tiny) -> None:
    tiny.state.add_artifact("header", CPP, f"crash-{sha1(b'a!')}", b"a!")
    (found,) = tiny(program(tiny.store, CPP, crashes={"!": "heap"})).findings
    assert found.standing is Standing.NEW
    tiny.targets.replays.clear()
    assert [one.standing for one in tiny(program(tiny.store, CPP, crashes={"!": "heap"})).findings] == [Standing.KNOWN]


class Breaks(TinyTargets):
    """A sandbox that breaks in the first slice of a program."""

    def __call__(self, command: Command, files: Files) -> Completed:
        if "-fork=1" in command.argv and not self.fuzzed:
            self.fuzzed.append(command)
            raise SandboxError("the sandbox is gone")
        return super().__call__(command, files)


def test_a_sandbox_that_breaks_ends_one_slice_and_not_the_night(tiny: Tiny) -> None:
    tiny.targets = Breaks()
    record = tiny(program(tiny.store, CPP, edges={"a": 1}, new=["aa"]), seconds=240)
    (campaign,) = record.campaigns
    assert campaign.executions == 180_000
    assert (campaign.problem, record.exit_code) == ("the sandbox is gone", 3)


# --- a change ----------------------------------------------------------------------------------


def test_only_what_the_base_does_not_have_fails_a_change(tiny: Tiny) -> None:
    head = program(tiny.store, CPP, crashes={"!": "heap", "#": "other"}, new=["a!", "a#"])
    base = program(tiny.store, CPP, crashes={"!": "free"})
    asked = []

    def build_base() -> Built:
        asked.append(1)
        return tiny.built(base)

    record = tiny(head, verb="change", is_kept=False, base=build_base)
    standings = {one.lines[1]: one.standing for one in record.findings}
    assert standings == {
        "in drop_state (state.c)": Standing.NEW,
        "in copy_extra (inflate.c)": Standing.IN_BASE,  # there it is of another class: the place is the same
    }
    assert record.exit_code == 1
    clean = tiny(program(tiny.store, CPP), verb="change", is_kept=False, base=build_base)
    assert (clean.exit_code, asked) == (0, [1]), "where nothing crashes, no base is built"


def test_a_change_writes_nothing_into_the_state(tiny: Tiny) -> None:
    tiny(program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"]))
    before = tiny.state.files.found("")
    head = program(tiny.store, CPP, crashes={"!": "heap", "#": "other"}, new=["a#", "aaa"])
    record = tiny(head, verb="change", is_kept=False, base=lambda: tiny.built(program(tiny.store, CPP)))
    assert {one.standing for one in record.findings} == {Standing.NEW}, "known of another revision, not of the base"
    assert tiny.state.files.found("") == before


def test_a_change_that_mends_something_is_told_so(tiny: Tiny) -> None:
    tiny(program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"]))
    record = tiny(program(tiny.store, CPP), verb="change", is_kept=False, marks_fixed=True)
    assert [one.standing for one in record.findings] == [Standing.FIXED]
    assert tiny.state.events()[-1].happening == "seen", "it is fixed when main is"


def test_a_base_that_cannot_be_built_makes_every_finding_count(tiny: Tiny) -> None:
    head = program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"])
    built = Built(builds=(side(tiny.store, CPP, problem="clang: error"),), checkups=())
    record = tiny(head, verb="change", is_kept=False, base=lambda: built)
    assert record.exit_code == 1
    assert any("the base's cpp address was not built" in one for one in record.notes)


def test_only_the_targets_that_a_change_touches_are_fuzzed(tiny: Tiny) -> None:
    header, footer = program(tiny.store, CPP), program(tiny.store, CPP, target="footer")
    chosen = Chosen(targets=frozenset({"footer"}), why="the change touches footer")
    record = tiny(header, footer, verb="change", is_kept=False, choose=lambda _: chosen)
    assert [one.target for one in record.campaigns] == ["footer"]
    assert record.notes == ("the change touches footer",)


# --- known issues ------------------------------------------------------------------------------


def test_an_accepted_finding_fails_nothing_until_its_day(tiny: Tiny) -> None:
    cpp = program(tiny.store, CPP, crashes={"!": "heap"}, new=["a!"])
    (found,) = tiny(cpp, is_kept=False).findings
    issue = KnownIssue(signature=found.key, reason="meant", owner="parsers", expires=TODAY, target=None, line=2)
    record = tiny(cpp, issues=(issue,), is_kept=False)
    assert (record.findings[0].standing, record.findings[0].owner, record.exit_code) == (
        Standing.ACCEPTED,
        "parsers",
        0,
    )
    late = tiny(cpp, issues=(issue,), is_kept=False, today=date(2026, 11, 27))
    assert (late.findings[0].standing, late.exit_code) == (Standing.NEW, 1)
    assert "expired on 2026-11-26" in late.known_issues[0][1]


def test_a_smaller_input_is_kept_beside_the_first(tiny: Tiny) -> None:
    cpp = program(tiny.store, CPP, crashes={"!": "heap"}, new=["aaaaaaaa!bbbb"])
    (found,) = tiny(cpp, minimise_s=30).findings
    smaller = found.inputs[0].smaller
    assert smaller is not None
    assert (smaller.octets, smaller.k, smaller.is_minimal) == (1, 5, True)
    name = f"crash-{sha1(b'!')}"
    assert found.inputs[0].command.endswith(name)
    assert tiny.state.artifacts("header", CPP, [name]) == {name: b"!"}


def test_every_ending_of_the_tiny_target_is_read(tiny: Tiny) -> None:
    """Else a test above could pass because nothing was recognised."""
    new = [f"a{key}" for key in "!?#~%"]
    crashes = dict(zip("!?#%~", ("heap", "free", "other", "panic", "hang"), strict=True))
    found = tiny(program(tiny.store, CPP, crashes=crashes, new=new)).findings
    classes = {name for one in found for name in one.bug_classes}
    assert len(ENDINGS) == 6
    assert {"heap-buffer-overflow-read", "use-after-free"} < classes
    assert WISH.seconds == 120
