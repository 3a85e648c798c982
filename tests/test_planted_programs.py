"""The benchmark's programs: patches that change the same lines in different ways are in two of them."""

from __future__ import annotations

from planted_programs import changes, exclude_each_other, programs


def patch(line: int, *lines: str, file: str = "src/a.cpp") -> str:
    return f"words\n\n--- a/{file}\n+++ b/{file}\n@@ -{line},3 +{line},3 @@\n same\n" + "\n".join(lines) + "\n same\n"


def test_changes_are_runs_of_lines_by_their_numbers_before() -> None:
    both = patch(10, "-old", "+new", "+more") + patch(50, "+only added", file="src/b.cpp")
    assert changes(both) == (("src/a.cpp", 11, 12, ("new", "more")), ("src/b.cpp", 51, 51, ("only added",)))


def test_two_ways_to_change_one_line_exclude_each_other() -> None:
    one, other, far = (changes(patch(line, "-old", f"+{new}")) for line, new in ((10, "a"), (10, "b"), (90, "a")))
    assert exclude_each_other(one, other)
    assert not exclude_each_other(one, far)
    assert not exclude_each_other(one, one), "both may allow `unsafe`, say"
    assert not exclude_each_other(one, changes(patch(10, "-old", "+b", file="src/c.cpp")))


def test_each_goes_into_the_first_program_that_nothing_excludes_it_from() -> None:
    made = programs(
        {"c": patch(10, "-x", "+3"), "a": patch(10, "-x", "+1"), "b": patch(10, "-x", "+2"), "d": patch(99, "+4")}
    )
    assert made == {"a": 0, "b": 1, "c": 2, "d": 0}
