"""The corpus is what make_seeds.py writes: a seed put there by hand would be lost with the next run of it."""

from pathlib import Path

from twins.make_seeds import ACCEPTED, CORPUS, REJECTED, STREAMS

ROOT = Path(__file__).parents[2]


def test_the_corpus_is_what_is_written() -> None:
    for target, seeds in (("message", ACCEPTED | REJECTED), ("stream", STREAMS)):
        folder = ROOT / CORPUS / target
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == seeds
