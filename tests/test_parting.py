"""Where answers part: a path of fields that is the same for the same disagreement, and who is alone."""

from __future__ import annotations

import pytest

from fuzzpair.model.agreement import Answer, Ending, Parting, Voice, What
from fuzzpair.parting import first_parted, parting

TEXT = """\
id 1 qr 1 opcode 0 aa 0 tc 0 rd 1 ra 1 z 0 ad 0 cd 0 rcode 0
question 1
www.example.com. IN A
answer 1
www.example.com. {ttl} IN A 192.0.2.1
authority 0
additional 1
. OPT payload 1232 ercode 0 version 0 do 1 z {z} options 1
  option 10 {option}
ttl-sum {ttl}
"""


def text(ttl: int = 300, z: int = 0, option: str = "01") -> str:
    return TEXT.format(ttl=ttl, z=z, option=option)


def said(whole: str) -> Answer:
    ending = Ending.REJECTED if whole.rstrip("\n").split("\n")[-1].startswith("reject:") else Ending.ACCEPTED
    return Answer(ending=ending, text=whole)


def parted(cpp: str, rust: str, reference: str | None = None) -> Parting | None:
    voices = {Voice.CPP: said(cpp), Voice.RUST: said(rust)}
    return parting(voices if reference is None else {**voices, Voice.REFERENCE: said(reference)})


def path(cpp: str, rust: str) -> str:
    found = parted(cpp, rust)
    assert found is not None
    return found.path


def test_one_answer_is_no_parting() -> None:
    assert parted(text(), text(), text()) is None
    assert parted("reject: opt at 12\n", "reject: opt at 12\n", "reject:\n") is None
    assert parted("", "") is None


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"ttl": 0}, "answer › IN A › word 2"),
        ({"z": 16384}, "additional › OPT › z"),
        ({"option": "02"}, "additional › option › word 5"),
    ],
)
def test_a_path_names_section_record_and_field(changed: dict[str, int], expected: str) -> None:
    assert path(text(), text(**changed)) == expected  # type: ignore[arg-type] # of whatever field


def test_a_path_does_not_hold_what_the_input_chose() -> None:
    keys = {path(text(ttl=ttl), text(ttl=0)) for ttl in (1, 77, 2147483647)}
    assert len(keys) == 1


def test_a_count_that_differs_is_the_heading_s_own() -> None:
    assert path("question 1\na. IN A\nanswer 0\n", "question 1\na. IN A\nanswer 1\n") == "answer (count)"


def test_fields_of_a_list_are_told_apart_only_so_far() -> None:
    many = [
        f"a. 1 IN NSEC b. {' '.join(f'TYPE{n}' for n in range(300, 300 + size))} {last}"
        for size in (5, 40)
        for last in "AB"
    ]
    assert path(many[0], many[1]) == path(many[2], many[3])


def test_acceptance_says_who_and_why_and_about_what() -> None:
    found = parted(text(), "reject: rdata-value at 20\n")
    assert found is not None
    assert (found.what, found.odd) == (What.ACCEPTANCE, None)
    assert found.path == "C++ accepted, Rust rejected › rdata-value › OPT"
    assert found.sides == ((Voice.CPP, "accepted"), (Voice.RUST, "reject: rdata-value at 20"))


def test_rejections_part_by_kind_or_by_offset() -> None:
    assert path("reject: opt at 12\n", "reject: rdata-length at 23\n") == "C++ opt / Rust rdata-length"
    assert path("reject: opt at 12\n", "reject: opt at 13\n") == "opt › offset"


@pytest.mark.parametrize(
    ("texts", "odd"),
    [
        ((text(z=1), text(), text()), Voice.CPP),
        ((text(), text(z=1), text()), Voice.RUST),
        ((text(), text(), text(z=1)), Voice.REFERENCE),
        ((text(), text(z=1), text(z=2)), None),
        ((text(), "reject: opt at 1\n", text()), Voice.RUST),
        (("reject: opt at 1\n", "reject: opt at 1\n", text()), Voice.REFERENCE),
        # The reference leaves the reason open: it cannot say which of two reasons is the right one.
        (("reject: opt at 1\n", "reject: trailing at 1\n", "reject:\n"), None),
    ],
)
def test_of_three_the_one_that_is_alone_is_named(texts: tuple[str, str, str], odd: Voice | None) -> None:
    found = parted(*texts)
    assert found is not None
    assert found.odd is odd


def test_a_rejected_message_within_a_stream_is_compared_without_its_reason() -> None:
    twins = "message 1\nreject: opt at 12\nnames 0\ntypes 0\n"
    assert parted(twins, twins, twins.replace("reject: opt at 12", "reject:")) is None


def test_a_crash_is_no_disagreement_and_outweighs_what_was_said() -> None:
    crashed = {Voice.CPP: said(text()), Voice.RUST: Answer(ending=Ending.CRASH), Voice.REFERENCE: said(text())}
    found = parting(crashed)
    assert found is not None
    assert (found.what, found.path, found.odd) == (What.CRASH, "Rust", Voice.RUST)
    assert not found.what.is_disagreement


def test_a_hang_of_one_side_is_one_and_of_all_is_none() -> None:
    hang = Answer(ending=Ending.HANG)
    found = parting({Voice.CPP: hang, Voice.RUST: said(text())})
    assert found is not None
    assert (found.what, found.path) == (What.HANG, "C++")
    assert parting({Voice.CPP: hang, Voice.RUST: hang}) is None


def test_a_key_is_kind_and_path() -> None:
    found = parted(text(), text(z=1))
    assert found is not None
    assert found.key == "accepted, and described differently · additional › OPT › z"


def test_hostile_lines_have_a_path_as_well() -> None:
    for left, right in (("\x1b[2J", ""), ("A" * 100_000, "A" * 99_999), (" ", "  "), ("reject: x\ny", "reject:")):
        found = parted(left, right)
        assert found is not None
        assert len(found.sides[0][1]) <= 120


def test_the_first_line_that_differs() -> None:
    assert first_parted(["a\nb", "a\nb"]) is None
    assert first_parted(["a\nb", "a\nc"]) == 1
    assert first_parted(["a", "a\nb"]) == 1
