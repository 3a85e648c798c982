"""The overlay goes to exactly one line, or is a broken patch."""

from __future__ import annotations

import pytest

from fuzzpair.canary import apply_overlay, parse_overlay
from fuzzpair.errors import PatchError
from fuzzpair.model.language import Language

TREE = {"src/name.cpp": "int f() {\n    copy(a, b);\n    return 0;\n}\n", "src/other.cpp": "    copy(a, b);\n"}
AT = ("Canary-At", "src/name.cpp: copy(a, b);")
AFTER = ("Canary-After", "src/name.cpp: copy(a, b);")
PREDICATE = ("Canary", "a.size() > b.size()")


def overlaid(*trailers: tuple[str, str], language: Language = Language.CPP) -> str:
    overlay = parse_overlay(trailers, "one.patch")
    tree = apply_overlay(overlay, TREE, language, "one.patch")
    assert tree["src/other.cpp"] == TREE["src/other.cpp"]
    return tree["src/name.cpp"]


def test_the_predicate_goes_in_front_of_its_line() -> None:
    assert overlaid(AT, PREDICATE).split("\n")[1:3] == [
        "::fuzzpair_canary((a.size() > b.size()) ? 1 : 0);",
        "    copy(a, b);",
    ]


def test_or_behind_it() -> None:
    assert overlaid(AFTER, PREDICATE).split("\n")[1:3] == [
        "    copy(a, b);",
        "::fuzzpair_canary((a.size() > b.size()) ? 1 : 0);",
    ]


def test_rust_calls_the_same_function_through_its_crate() -> None:
    assert "::fuzzpair_canary::canary(a.size() > b.size());" in overlaid(AT, PREDICATE, language=Language.RUST)


def test_code_stands_as_it_is_written_and_in_its_order() -> None:
    remembered = ("Canary-Code", "const auto before = {a, b};\nuse(before);")
    lines = overlaid(AT, remembered, AFTER, PREDICATE).split("\n")
    assert lines[1:5] == [
        "const auto before = {a, b};",
        "use(before);",
        "    copy(a, b);",
        "::fuzzpair_canary((a.size() > b.size()) ? 1 : 0);",
    ]


def test_braces_in_a_predicate_are_no_placeholders() -> None:
    assert "(std::size_t{8} < n)" in overlaid(AT, ("Canary", "std::size_t{8} < n"))


def test_no_trailer_is_no_overlay() -> None:
    assert parse_overlay((), "one.patch") == ()


@pytest.mark.parametrize(
    ("trailers", "said"),
    [
        ([PREDICATE], "needs a `Canary-At"),
        ([AT], "has no predicate"),
        ([AT, ("Canary-Code", "int n = 0;")], "has no predicate"),
        ([("Canary-At", "src/name.cpp"), PREDICATE], "should be `Canary-At: <file>: <line>`"),
        ([AT, ("Canary-Predicate", "x")], "unknown trailer `Canary-Predicate:`"),
        ([("Canary-At", "src/gone.cpp: copy(a, b);"), PREDICATE], "not there: src/gone.cpp"),
        ([("Canary-At", "src/name.cpp: copy(a);"), PREDICATE], "occurs 0 times"),
        ([("Canary-At", "src/name.cpp: copy"), PREDICATE], "occurs 0 times"),
    ],
)
def test_a_canary_that_cannot_be_is_a_broken_patch(trailers: list[tuple[str, str]], said: str) -> None:
    with pytest.raises(PatchError) as caught:
        overlaid(*trailers)
    assert caught.value.message.startswith("one.patch: ")
    assert said in caught.value.message


def test_a_line_that_stands_twice_is_no_place() -> None:
    tree = {"src/name.cpp": "    copy(a, b);\n\tcopy(a, b);\n"}
    with pytest.raises(PatchError, match="occurs 2 times"):
        apply_overlay(parse_overlay([AT, PREDICATE], "one.patch"), tree, Language.CPP, "one.patch")
