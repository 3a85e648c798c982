"""claims.yml: what can be wrong in it, with the line that is named; and that the committed one is fit to be asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import examples
from fuzzpair.bug_classes import BUG_CLASSES, GROUPS
from fuzzpair.claims_file import OUTCOMES, parse_claims
from fuzzpair.errors import EXIT_USAGE, ConfigError

REPOSITORY = Path(__file__).parent.parent
COMMITTED = REPOSITORY / "claims.yml"
GOOD = """\
version: 1
claims:
  - id: no-leak
    claim: it never leaks
    source: somebody
    about:
      classes: [memory-leak]
      groups: [lifetime]
      needs: [memory-leak]
    core:
      - says: it leaks nothing
        variant: rust-shipped
        against: [observed leak]
    limits:
      - says: nor does unsafe
        variant: rust-unsafe
        flavours: [hardened]
        for: [no effect]
        about: { classes: [reference-cycle] }
    mistakes: { to_hold: 2, to_refute: 1 }
    share: { to_hold: 1.0, with_limits: 0.5 }
  - id: share
    claim: most are avoided
    source: somebody
    weighed:
      title: a list
      source: its publisher
      avoided: [rejected]
      entries:
        - { cwe: 416, name: use after free, weight: 2.5, classes: [use-after-free] }
        - { cwe: 79, name: scripting, weight: 7 }
    mistakes: { to_hold: 2, to_refute: 1 }
    share: { to_hold: 1.0, with_limits: 0.5 }
"""


def test_a_good_file_is_read() -> None:
    claim, weighed = parse_claims(GOOD.encode())
    assert claim.about.slugs[0] == next(slug for slug, known in BUG_CLASSES.items() if known.group == "lifetime")
    assert "memory-leak" in claim.about.slugs
    assert claim.core[0].flavours == ("default", "hardened")
    assert claim.limits[0].support == ("no effect",)
    assert weighed.weighed is not None
    assert weighed.weighed.entries[0].weight == 2.5


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("version: 1", "version: 2", 1, "version"),
        ("[memory-leak]\n      groups", "[memory-leek]\n      groups", 7, "perhaps you meant 'memory-leak'"),
        ("[lifetime]", "[lifetimes]", 8, "perhaps you meant 'lifetime'"),
        ("needs: [memory-leak]", "needs: [data-race]", 3, "'data-race' is needed and not asked"),
        ("rust-shipped", "rust-next", 12, "is not one of"),
        ("[observed leak]", "[observed leaks]", 13, "perhaps you meant 'observed leak'"),
        ("[observed leak]", "[not seen]", 13, "'not seen' is no outcome"),
        ("[observed leak]", "[crashed, crashed]", 13, "twice"),
        ("        against: [observed leak]\n", "", 11, "one of 'for' and 'against' is needed"),
        ("against: [observed leak]", "against: [stopped]\n        for: [stopped]", 11, "in 'for' and in 'against'"),
        ("[hardened]", "[]", 17, "nothing is listed here"),
        ("[hardened]", "[address]", 17, "is not one of: default, hardened"),
        (
            "against: [observed leak]",
            "about: { classes: [data-race] }\n        for: [stopped]",
            3,
            "it takes no 'about'",
        ),
        (
            "about: { classes: [reference-cycle] }",
            "about: { clases: [reference-cycle] }",
            19,
            "perhaps you meant 'classes'",
        ),
        ("to_hold: 2,", "to_hold: 0,", 20, "to_hold"),
        ("with_limits: 0.5 }\n  - id", "with_limits: 1.5 }\n  - id", 21, "with_limits"),
        (
            "to_hold: 1.0, with_limits: 0.5 }\n  - id",
            "to_hold: 0.4, with_limits: 0.5 }\n  - id",
            21,
            "is above 'to_hold'",
        ),
        ("- id: share", "- id: no-leak", 22, "'no-leak' is here twice, first on line 3"),
        ("cwe: 79", "cwe: 416", 25, "twice"),
        (", classes: [use-after-free] }", " }", 25, "no entry names a class"),
        ("    weighed:", "    core: [{says: a, variant: cpp, for: [stopped]}]\n    weighed:", 22, "stands alone"),
        ("weight: 7", "wait: 7", 31, "perhaps you meant 'weight'"),
        ("    weighed:\n", "    weighed:\n      answer: holds\n", 26, "unknown key 'answer'"),
        (
            "    source: somebody\n    weighed",
            "    answer: holds\n    source: somebody\n    weighed",
            24,
            "unknown key 'answer'",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, line: int, words: str) -> None:
    assert GOOD.count(old) >= 1
    with pytest.raises(ConfigError) as raised:
        parse_claims(GOOD.replace(old, new, 1).encode())
    assert re.search(rf"^claims\.yml:{line}: .*{re.escape(words)}", raised.value.message, re.MULTILINE), raised.value
    told = raised.value.message.splitlines()
    assert all(each.startswith(f"claims.yml:{line}: ") for each in told), "a slip is told where it is, and nowhere else"
    assert raised.value.exit_code == EXIT_USAGE
    assert raised.value.next_step


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=80), st.integers(0, len(GOOD)), st.integers(0, 30))
def test_no_edit_ends_otherwise_than_read_or_refused(inserted: bytes, place: int, removed: int) -> None:
    content = GOOD.encode()
    assert told(content[:place] + inserted + content[place + removed :])


def told(content: bytes) -> bool:
    """Whether a file is read, or refused with a line."""
    try:
        return bool(parse_claims(content))
    except ConfigError as error:
        return re.match(r"claims\.yml:\d+: ", error.message) is not None


def test_the_committed_claims_are_the_nine_and_name_no_mistake() -> None:
    claims = parse_claims(COMMITTED.read_bytes())
    assert [claim.id for claim in claims] == [
        "uaf-impossible",
        "double-free",
        "leaks-vanish",
        "races-dont-compile",
        "overflow-rejected",
        "uninit-rejected",
        "no-crash",
        "seventy-percent",
        "oom-kill",
    ]
    text = COMMITTED.read_text(encoding="utf-8")
    mistakes = {path.name.partition(".")[0] for path in (REPOSITORY / "targets-cpp/dns/mistakes").glob("*.patch")}
    assert not [name for name in mistakes - set(BUG_CLASSES) if re.search(rf"\b{name}\b(?!-)", text)]


def test_no_claim_is_answered_from_what_is_rejected_alone() -> None:
    """Nobody ships a line that the compiler rejects: who asks for a rejection has to ask what is typed next."""
    for claim in parse_claims(COMMITTED.read_bytes()):
        asks_rejection = any(one.support and "rejected" in one.support and one.variant == "rust" for one in claim.core)
        assert not asks_rejection or any(one.variant == "rust-shipped" for one in claim.core), claim.id


def test_the_page_names_every_outcome_and_group() -> None:
    page = (REPOSITORY / "docs/claims.md").read_text(encoding="utf-8")
    assert not [word for word in (*OUTCOMES, *GROUPS) if f"`{word}`" not in page]
    assert not [claim.id for claim in parse_claims(COMMITTED.read_bytes()) if claim.id not in page]
