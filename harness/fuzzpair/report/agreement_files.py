"""Every report of `fuzzpair agree`, and the inputs on which the sides part, as files of one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from fuzzpair.errors import FuzzpairError
from fuzzpair.model.agreement import AgreementRecord
from fuzzpair.report import agreement_json, agreement_junit, agreement_markdown, agreement_page, agreement_sarif

INPUTS = "agreement"


def write_agreement(record: AgreementRecord, folder: Path, read: Callable[[str], bytes]) -> tuple[Path, ...]:
    """Write them all; gives the paths. Raises FuzzpairError where the folder cannot be written."""
    written = []
    for name, content in _files(record, read):
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise FuzzpairError(
                f"{path}: cannot be written: {error.strerror}", next_step="name another --out"
            ) from error
        written.append(path)
    return tuple(written)


def _files(record: AgreementRecord, read: Callable[[str], bytes]) -> Iterator[tuple[str, bytes]]:
    yield agreement_json.file_name, agreement_json.render(record).encode()
    yield agreement_junit.file_name, agreement_junit.render(record).encode()
    yield agreement_markdown.file_name, agreement_markdown.render(record, read).encode()
    yield agreement_sarif.file_name, agreement_sarif.render(record).encode()
    yield agreement_page.file_name, agreement_page.render(record, read).encode()
    for row in record.rows:
        for one in row.disagreements if not row.mistake else ():
            yield f"{INPUTS}/{one.target}-{one.input[:12]}", read(one.input)
