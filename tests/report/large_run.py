"""A run as large as a page has to bear: 2,000 findings whose logs are 200 MB, each log and each input its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from fuzzpair.model.crash_report import Frame
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.pair import PairFinding, PairRecord
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.report.stored import Stored
from own_pair import pair_records
from report.records import PATCH, full_record, judgement

FINDINGS: Final = 2_000
LOGS_OCTETS: Final = 200_000_000
SHOWN_FLAVOURS: Final = (Flavour.DEFAULT, Flavour.HARDENED, Flavour.ADDRESS, Flavour.UNDEFINED)


def large_run(findings: int = FINDINGS) -> tuple[RunRecord, Stored]:
    """The record, and a store that has a log for each finding; what a blob holds is made when it is asked for."""
    whole = full_record()
    rows = tuple(_row(whole.rows[0], number) for number in range(findings))
    return replace(whole, rows=rows), Stored(lambda name: _blob(name, LOGS_OCTETS // FINDINGS))


def _row(like: Row, number: int) -> Row:
    said = tuple(
        judgement(
            flavour=flavour,
            excerpt="",
            example_log=f"log {number}",
            example_input=f"input {number}",
            reproduce=f"./fuzzpair replay mistake-{number}/cpp --flavour {flavour} --input {number:064x}",
        )
        for flavour in SHOWN_FLAVOURS
    )
    patch = PATCH + "".join(
        f"+  const auto value_{number}_{line} = read(line + {line}); // kept\n" for line in range(8)
    )
    return replace(like, mistake=f"mistake-{number}", evidence=replace(like.evidence, patch=patch, judgements=said))


def _blob(name: str, octets: int) -> bytes:
    kind, _, number = name.partition(" ")
    if kind == "input":
        return number.encode() * 40
    head = f"==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x60200000{number}\n"
    frames = "".join(
        f"    #{at} 0x4f in dns::take_{number}_{at}(int) /job/src/name.cpp:{at}:3\n" for at in range(octets // 60)
    )
    return (head + frames).encode()[:octets]


def large_pair_run(findings: int = FINDINGS) -> tuple[PairRecord, Stored]:
    """The same of a user's pair: each finding with a stack, inputs and an answer of the other side of its own."""
    made = tuple(_finding(number) for number in range(findings))
    return pair_records.record(findings=made), Stored(lambda name: _blob(name, LOGS_OCTETS // FINDINGS))


def _finding(number: int) -> PairFinding:
    stack = tuple(
        Frame(function=f"gzip::take_{number}_{at}(int)", file=f"lib/inflate_{number}.cpp", line=at) for at in range(40)
    )
    like = pair_records.finding()
    one = pair_records.reproduction(input=f"input {number}", log=f"log {number}")
    return replace(
        like,
        key=f"bug2-{number:016x}",
        lines=("out of bounds", f"in take_{number} (inflate.cpp)"),
        report=replace(pair_records.REPORT, stack=stack, excerpt=""),
        inputs=(one,) * 10,
        twin=tuple(replace(reply, log=f"log {number}") for reply in like.twin),
    )
