"""One row of a run on a made-up pair, and why it has no verdict."""

from __future__ import annotations

from fuzzpair.model.evidence import Evidence, Judgement
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.run_record import Row
from tiny_pair import PIPELINE, TinyPair, Tools

MORE = PIPELINE.replace("cpp: [default, hardened, ", "cpp: [default, hardened, libcxx-fast, integer, ")


def row_of(pair: TinyPair, name: str, tools: Tools | None = None) -> Row:
    return next(row for row in pair.run(tools).rows if row.name == name)


def problem_of(pair: TinyPair, name: str, tools: Tools | None = None) -> str:
    record = pair.run(tools)
    row = next(one for one in record.rows if one.name == name)
    assert row.problem is not None
    assert (row.verdict, row.hardened, record.gate.exit_code) == (None, None, 3)
    others = {one.name: one.problem for one in record.rows if one.mistake != row.mistake}
    assert set(others.values()) == {None}, "the rows of other mistakes are kept"
    return row.problem


def judgement(evidence: Evidence, flavour: Flavour) -> Judgement:
    return next(one for one in evidence.judgements if one.flavour is flavour)
