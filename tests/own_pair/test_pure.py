"""Values from values: options that are refused, known issues, alarms, what a change touches, exit codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from fuzzpair.errors import ConfigError
from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.run_facts import Control
from fuzzpair.model.standing import Standing
from fuzzpair.model.tool import Tool
from fuzzpair.own_pair.again import linked_files
from fuzzpair.own_pair.alarms import alarms
from fuzzpair.own_pair.change import is_code, touched
from fuzzpair.own_pair.corpora import capped
from fuzzpair.own_pair.known_issues import accept, parse_known_issues, stale
from fuzzpair.own_pair.options import read_options
from fuzzpair.own_pair.packs import pack, unpack
from fuzzpair.own_pair.rounds import thinned
from fuzzpair.own_pair.standing import pasts_of
from fuzzpair.own_pair.state import FindingEvent, Happening
from fuzzpair.pair_judging import exit_code_of, fails, not_done, why_not
from fuzzpair.triage import fork_progress
from own_pair.pair_records import campaign, finding, record, reproduction

TIMEOUT = CrashReport(tool=Tool.LIBFUZZER, kind="timeout", bug_class="hang")

# --- options -----------------------------------------------------------------------------------


def test_options_that_choose_inputs_hold() -> None:
    given = (("libfuzzer", "max_len", "512"), ("libfuzzer", "timeout", "9"), ("libfuzzer", "dict", "own.dict"))
    made = read_options(given, Flavour.ADDRESS, 3072)
    assert (made.flags, made.timeout_s, made.rss_limit_mb) == ((("max_len", "512"),), 9, 2560)
    assert (made.dictionary, made.notes) == ("own.dict", ())


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("libfuzzer", "artifact_prefix", "/tmp/"),
        ("libfuzzer", "exact_artifact_path", "/tmp/x"),
        ("libfuzzer", "ignore_crashes", "0"),
        ("libfuzzer", "fork", "8"),
        ("libfuzzer", "handle_segv", "0"),
        ("libfuzzer", "runs", "1"),
        ("libfuzzer", "error_exitcode", "0"),
        ("libfuzzer", "timeout", "long"),
        ("libfuzzer", "dict", "../../etc/passwd"),
        ("libfuzzer", "max_len", "1 -runs=1"),
        ("asan", "exitcode", "0"),
        ("asan", "log_path", "x"),
        ("asan", "halt_on_error", "0"),
        ("asan", "suppressions", "all.txt"),
        ("asan", "handle_segv", "0"),
        ("asan", "detect_leaks", "0:exitcode=0"),
        ("asan", "external_symbolizer_path", "sh"),
        ("env", "LD_PRELOAD", "x.so"),
    ],
)
def test_options_that_leave_the_sandbox_or_hide_a_report_are_refused_with_a_word(
    section: str, name: str, value: str
) -> None:
    made = read_options(((section, name, value),), Flavour.ADDRESS, 3072)
    assert (made.flags, made.sanitizer, made.dictionary) == ((), (), None)
    assert "is refused" in made.notes[0]
    assert name in made.notes[0]


def test_a_class_that_a_target_does_not_want_to_see_is_told() -> None:
    made = read_options((("asan", "detect_leaks", "0"), ("ubsan", "print_stacktrace", "0")), Flavour.ADDRESS, 3072)
    assert made.sanitizer == (("detect_leaks", "0"),)
    assert "is not seen" in made.notes[0]
    env = dict(made.env((("ASAN_OPTIONS", "detect_leaks=1:exitcode=90"),), Flavour.ADDRESS))
    assert env["ASAN_OPTIONS"].endswith("detect_leaks=0:exitcode=90"), "our exit code has the last word"


def test_memory_stays_below_the_sandboxs_own() -> None:
    """Else the kernel ends the process before libFuzzer can say why."""
    assert read_options((("libfuzzer", "rss_limit_mb", "0"),), Flavour.ADDRESS, 1024).rss_limit_mb == 896


# --- known issues ------------------------------------------------------------------------------

ISSUES = b"""
known:
  - signature: bug2-0000000000000001
    reason: meant
    owner: parsers
    expires: 2026-12-31
  - signature: bug2-00000000000000ff
    reason: was meant
    owner: parsers
    expires: 2026-12-31
    target: header
"""


def test_an_entry_accepts_until_its_last_day_and_then_reports_itself() -> None:
    issues = parse_known_issues(ISSUES)
    (accepted,) = accept([finding()], issues, date(2026, 12, 31))
    assert (accepted.standing, accepted.expires) == (Standing.ACCEPTED, "2026-12-31")
    assert dict(stale([finding()], issues, date(2026, 12, 31))) == {
        "line 7: bug2-00000000000000ff of header": "matches no finding: mistyped, or gone for good; remove it"
    }
    (expired,) = accept([finding()], issues, date(2027, 1, 1))
    assert expired.standing is Standing.NEW
    assert any("expired on 2026-12-31" in what for _, what in stale([finding()], issues, date(2027, 1, 1)))
    fixed = finding(standing=Standing.FIXED)
    assert accept([fixed], issues, date(2026, 12, 1)) == [fixed]
    assert "is fixed" in dict(stale([fixed], issues, date(2026, 12, 1)))["line 3: bug2-0000000000000001"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("known:\n  - signature: bug2-1\n    reason: r\n    expires: 2026-12-31\n", "known-issues.yml:2: "),
        ("known:\n  - {signature: b, reason: r, owner: o, expires: soon}\n", "'soon' is not a day"),
        (
            "known:\n  - {signature: 'a b', reason: r, owner: o, expires: 2026-12-31}\n",
            "is not the signature of a finding",
        ),
        ("known:\n  - {signature: b, reason: ' ', owner: o, expires: 2026-12-31}\n", "reason"),
        ("knwon: []\n", "unknown key 'knwon'"),
        ("known: [\n", "known-issues.yml:"),
        (
            "known:\n" + 2 * "  - {signature: b, reason: r, owner: o, expires: 2026-12-31}\n",
            "known-issues.yml:3: b is here twice, first on line 2",
        ),
    ],
)
def test_every_mistake_in_the_file_has_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_known_issues(text.encode())
    assert said in caught.value.message


def test_an_empty_file_accepts_nothing() -> None:
    assert parse_known_issues(b"") == ()


# --- alarms ------------------------------------------------------------------------------------


def test_a_night_like_the_others_raises_no_alarm() -> None:
    rust = campaign(language=Language.RUST)
    assert alarms([campaign(), rust], {"header": 5}, [record()]) == ()
    assert alarms([campaign(edges=95, executions_per_s=4000.0), rust], {"header": 5}, [record(), record()]) == ()
    assert alarms([campaign(edges=1)], {"header": 1}, []) == (), "nothing to compare with"


def test_each_alarm_says_what_to_look_at() -> None:
    nights = [record(), record(campaigns=(campaign(edges=1),)), record()]
    told = alarms([campaign(edges=80, executions_per_s=10.0)], {"header": 2}, nights)
    assert told == (
        "header/cpp address: coverage dropped to 80 edges, from 100 in the last nights",
        "header/cpp address: 10 executions a second, 10,000 in the last nights",
        "header/rust address: not fuzzed tonight; the last night fuzzed it",
        "header: the corpus has 2 units; the last night left 5",
    )


def test_other_verbs_and_broken_nights_are_nothing_to_compare_with() -> None:
    nights = [record(verb="fuzz"), record(complete=False), record(campaigns=(campaign(executions=0),))]
    assert alarms([campaign(edges=1, executions_per_s=1.0)], {}, nights) == ()


# --- a change ----------------------------------------------------------------------------------

LINKED = {
    "header": ("lib/inflate.c", "fuzz/header.c", "lib/inline.h", "rust/src/a.rs"),
    "footer": ("/src/gzip/lib/crc.c", "lib/inflate.c", "/usr/src/rustc/library/core/src/ptr/mod.rs"),
}


@pytest.mark.parametrize(
    ("changed", "targets"),
    [
        (["fuzz/header.c"], {"header"}),
        (["lib/crc.c", "README.md"], {"footer"}),
        (["lib/inflate.c"], {"header", "footer"}),
        (["README.md", "docs/a.png", ".github/workflows/x.yml", "LICENSE"], set()),
        (["lib/tables.h"], {"header", "footer"}),
        (["build.sh", "fuzz/header.c"], {"header", "footer"}),
        (["Cargo.lock"], {"header", "footer"}),
        (['"odd\\nname.c"'], {"header", "footer"}),
        (["corpus/footer/seed"], {"footer"}),
        (["rc.c"], {"header", "footer"}),
        (["lib/inline.h"], {"header", "footer"}),  # it may be inlined in the other
        (["rust/src/inlined.rs"], {"header"}),
        (["other/src/x.rs"], {"header", "footer"}),
        ([], set()),
    ],
)
def test_a_change_touches_the_targets_that_are_made_of_what_it_changed(changed: list[str], targets: set[str]) -> None:
    chosen = touched(changed, LINKED, "corpus")
    assert chosen.targets == targets
    assert chosen.why or targets == {"header", "footer"}


def test_a_crate_stands_for_the_file_that_it_is_called_as() -> None:
    """rustc writes the hash without leading zeros: 15 digits here."""
    linked = {"by name": ["by_name.434b49e68955613-cgu.0"], "other": ["other.c710822ce47b725a-cgu.0"]}
    assert touched(["rust/fuzz/fuzz_targets/by-name.rs"], linked).targets == {"by name"}
    assert touched(["c/by_name.c"], linked).targets == {"by name", "other"}, "it is no file of a crate: anybody's"


def test_where_it_cannot_be_told_all_targets_are_touched_and_it_is_said() -> None:
    chosen = touched(["lib/crc.c"], {**LINKED, "stripped": None})
    assert chosen.targets == {"header", "footer", "stripped"}
    assert "what stripped is made of cannot be told" in chosen.why
    assert "may depend on lib/tables.h" in touched(["lib/tables.h"], LINKED).why
    assert touched(["README.md"], {"stripped": None}).targets == set()


def test_only_what_is_known_to_be_harmless_is_no_code() -> None:
    assert all(map(is_code, ["CMakeLists.txt", "a.h", "data.bin", "Makefile", "licenses.c"]))


def test_libfuzzers_list_of_functions_names_the_files() -> None:
    text = (
        "COVERED_FUNC: hits: 7 edges: 3/9 LLVMFuzzerTestOneInput fuzz/header.c:4\n"
        "UNCOVERED_FUNC: hits: 0 edges: 0/2 <core::a::B as C>::f lib/src/a.rs:70\n"
        "  UNCOVERED_PC: lib/other.c:9:1\n"
        "COVERED_FUNC: hits: 1 edges: 1/1 f (/out/prog+0x1234) (BuildId: 1):0x1\n"
    )
    assert linked_files(text) == ("fuzz/header.c", "lib/src/a.rs")


# --- the exit code -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, 1),
        ({"standing": Standing.REOPENED}, 1),
        ({"standing": Standing.KNOWN}, 0),
        ({"standing": Standing.FIXED}, 0),
        ({"standing": Standing.ACCEPTED}, 0),
        ({"standing": Standing.IN_BASE}, 0),
        ({"inputs": (reproduction(k=4),)}, 0),
        ({"inputs": (reproduction(k=4), reproduction())}, 1),
        ({"report": TIMEOUT}, 0),
    ],
)
def test_what_ends_a_run_with_1(fields: dict[str, object], code: int) -> None:
    made = finding(**fields)
    assert exit_code_of((), (), [made], interrupted=False)[0] == code
    assert fails(made) == (code == 1)
    assert bool(why_not(made)) == (made.standing in (Standing.NEW, Standing.REOPENED) and not code)


def test_3_wins_over_1_and_both_are_told() -> None:
    code, reasons = exit_code_of((), ("coverage dropped",), [finding()], interrupted=False)
    assert (code, len(reasons)) == (3, 2)
    assert exit_code_of(("x",), (), [finding()], interrupted=True)[0] == 130


def test_everything_that_was_not_done_is_named() -> None:
    bad = Control(name="header/cpp address can be fuzzed", passed=False, detail="not instrumented")
    build = replace(record().builds[0], problem="make: error")
    silent = campaign(executions=0, problem="libFuzzer executed nothing")
    assert len(list(not_done([build], [bad], [silent]))) == 3
    crashed = campaign(executions=0, problem="every execution crashed", crashes=({},))
    assert list(not_done([], [], [crashed])) == [], "what it crashed on says more"


# --- small things ------------------------------------------------------------------------------


def test_the_order_of_events_does_not_matter() -> None:
    def event(happening: Happening, at: str) -> FindingEvent:
        return FindingEvent(happening=happening, run_id=at, at=at, finding=finding())

    seen, gone = event(Happening.SEEN, "2026-11-01T00:00:00Z"), event(Happening.FIXED, "2026-11-02T00:00:00Z")
    back = event(Happening.SEEN, "2026-11-03T00:00:00Z")
    (past,) = pasts_of([seen, gone]).values()
    assert past.is_fixed
    (past,) = pasts_of([seen, gone, back]).values()
    assert (past.is_fixed, past.first_seen[:10], past.last_seen[:10]) == (False, "2026-11-01", "2026-11-03")
    (past,) = pasts_of([gone]).values()
    assert past.is_fixed, "another run's folder came in part"


def test_caps_keep_the_smallest() -> None:
    assert capped({"a": 5, "b": 1, "c": 2}, 2, 100) == {"b", "c"}
    assert capped({"a": 5, "b": 1, "c": 2}, 9, 3) == {"b", "c"}


def test_a_pack_comes_back() -> None:
    units = {"b" * 40: b"\n[]", "a" * 40: b""}
    assert unpack(pack(units)) == units


def test_a_curve_keeps_its_ends() -> None:
    points = [(float(number), number, number) for number in range(1000)]
    made = thinned(points)
    assert (len(made), made[0], made[-1]) == (200, points[0], points[-1])


def test_fork_modes_status_lines_are_read() -> None:
    text = (
        "INFO: -fork=1: 48 seed inputs, starting to fuzz in /tmp/libFuzzerTemp.FuzzWithFork13193.dir\n"
        "#269: cov: 837 ft: 1830 corp: 48 exec/s: 0 oom/timeout/crash: 0/0/0 time: 10s job: 1 dft_time: 0\n"
        "#1300: cov: 840 ft: 1900 corp: 50 exec/s: 99 oom/timeout/crash: 0/1/2 time: 16s job: 2 dft_time: 0\n"
        "#12\tNEW    cov: 3 ft: 3 corp: 1/1b\n"
    )
    last = fork_progress(text)[-1]
    assert (len(fork_progress(text)), last.executed_units, last.edges) == (2, 1300, 840)
    assert (last.seconds, last.corpus_units) == (16, 50)


def test_language_names_are_the_states_folders() -> None:
    assert [one.value for one in Language] == ["cpp", "rust"]
