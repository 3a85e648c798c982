"""What is rejected, warned of, or plants nothing."""

from __future__ import annotations

import pytest

from fuzzpair.model.command import Command, Completed
from fuzzpair.model.diagnostic import RejectionLabel
from fuzzpair.model.verdict import Rung
from one_row import problem_of, row_of
from tiny_pair import PIPELINE, TinyPair, Tools, cpp_patch, rows_of, rust_patch


def test_a_rejected_row_has_the_compiler_s_words_and_no_run_time_evidence(pair: TinyPair) -> None:
    row = row_of(pair, "stale/rust")
    assert row.verdict == row.hardened
    assert row.verdict is not None
    assert row.verdict.detail.startswith("E0382")
    assert row.evidence.rejection is not None
    assert row.evidence.rejection.label is RejectionLabel.OWNERSHIP
    assert row.evidence.rejection.diagnostics[0].spans[0].file == "src/lib.rs"
    assert (row.evidence.judgements, row.evidence.found, row.tools) == ((), (), ("rustc: E0382",))
    assert "rustc" in row.evidence.compiler_command


def test_a_warning_that_the_counterpart_has_too_is_none(pair: TinyPair) -> None:
    pair.plant("cpp", "wrong", cpp_patch("doubtful();", 'slip("wrong");', bug_class="off-by-one"))
    pair.plant("cpp", "wrong.fixed", cpp_patch("doubtful();", "check();", bug_class="off-by-one"))
    assert rows_of(pair.run())["wrong/cpp"] == "observed"


def test_a_patch_with_a_slip_of_the_pen_is_not_rejected(pair: TinyPair) -> None:
    pair.plant("rust", "stale", rust_patch("misspelt();"))
    assert problem_of(pair, "stale/rust") == ("the patch is broken, not rejected: E0425 here (src/lib.rs:2)")


def test_an_error_outside_of_the_patch_is_no_rejection(pair: TinyPair) -> None:
    pair.write("targets-rust/tiny/src/main.rs", "fn main() { refused(); }\n")
    rows = rows_of(pair.run())
    assert "no error lies on a line that the patch changes" in rows["stale/rust-next"]


def test_a_rejection_needs_a_counterpart_that_compiles(pair: TinyPair) -> None:
    pair.plant("rust", "stale.fixed", rust_patch("refused(); refused();"))
    assert "its fixed counterpart does not compile either" in problem_of(pair, "stale/rust")


def with_analyzers(pair: TinyPair, *names: str) -> None:
    key = f"    analyzers: [{', '.join(names)}]\n"
    pair.write("pipeline.yml", PIPELINE.replace("    seeds: [1]\n", f"{key}    seeds: [1]\n"))


class CrashingTidy(Tools):
    """clang-tidy, with a check in which it crashes on any source."""

    def __call__(self, command: Command, files: dict[str, bytes]) -> Completed:
        if command.argv[0] == "clang-tidy" and not any("-bugprone-odd" in one for one in command.argv):
            return Completed(command=command, exit_code=139, stderr=b"ASTMatcher: Processing 'bugprone-odd' against:\n")
        return super().__call__(command, files)


def test_a_check_that_crashed_is_named_and_the_others_have_spoken(pair: TinyPair) -> None:
    with_analyzers(pair, "clang-tidy")
    pair.plant("cpp", "wrong", cpp_patch("suspect();", 'slip("wrong");', bug_class="off-by-one"))
    row = next(one for one in pair.run(CrashingTidy()).rows if one.name == "wrong/cpp")
    assert row.evidence.crashed_checks == ("bugprone-odd",)
    assert row.tools[0].startswith("clang-tidy: bugprone-")


def test_what_an_analyzer_says_of_the_slip_alone_is_its_first_rung(pair: TinyPair) -> None:
    with_analyzers(pair, "clang-tidy", "clippy")
    pair.plant("cpp", "wrong", cpp_patch("suspect();", 'slip("wrong");', bug_class="off-by-one"))
    row = row_of(pair, "wrong/cpp")
    assert row.verdict is not None
    assert row.verdict.rung is Rung.WARNED
    assert row.tools[0].startswith("clang-tidy: bugprone-")
    assert "observed" in row.verdict.detail, "what happens behind the warning is told as well"


def test_what_an_analyzer_says_of_the_counterpart_too_is_no_warning(pair: TinyPair) -> None:
    with_analyzers(pair, "clang-tidy", "clippy")
    pair.plant("cpp", "wrong", cpp_patch("suspect();", 'slip("wrong");', bug_class="off-by-one"))
    pair.plant("cpp", "wrong.fixed", cpp_patch("suspect();", "check();", bug_class="off-by-one"))
    assert rows_of(pair.run())["wrong/cpp"] == "observed"


def test_the_pedantic_decide_nothing(pair: TinyPair) -> None:
    with_analyzers(pair, "clippy-pedantic")
    pair.plant("rust", "wrong", rust_patch("suspect();", 'slip("panic");'))
    row = row_of(pair, "wrong/rust")
    assert row.verdict is not None
    assert row.verdict.rung is Rung.STOPPED
    assert row.tools[0] == "clippy pedantic: clippy::suspicious"


def test_an_analyzer_that_fails_is_no_silence(pair: TinyPair) -> None:
    with_analyzers(pair, "clang-tidy", "clippy")
    rows = rows_of(pair.run(Tools(blunt="clang-tidy")))
    assert "clang-tidy was not run on it or on its counterpart" in rows["wrong/cpp"]
    assert rows["wrong/rust"] == "stopped"


@pytest.mark.parametrize("patch", ["check();  // as it was", "check(); // a slip in words only"])
def test_a_patch_that_plants_nothing(pair: TinyPair, patch: str) -> None:
    pair.plant("cpp", "wrong", cpp_patch(patch, bug_class="off-by-one"))
    assert "the patch plants nothing" in problem_of(pair, "wrong/cpp")


def test_a_build_that_fails_is_not_a_rejection(new_pair: TinyPair) -> None:
    assert "`clang++` ended with exit code 1: ld.lld: undefined symbol" in problem_of(
        new_pair, "wrong/cpp", Tools(unlinked='slip("wrong")')
    )
