"""The two programs print the same bytes for the same input, and dnspython agrees with them."""

import sys

import pytest

from twins.compare import Target, Twins, compare
from twins.messages import all_messages, all_streams


@pytest.mark.container
@pytest.mark.parametrize("target", ["message", "stream"])
def test_twins_and_dnspython_agree(twins: Twins, target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    samples = all_messages() if target == "message" else all_streams()
    comparison = compare(twins, target, [sample.data for sample in samples])
    with capsys.disabled():
        sys.stdout.write(f"\n{target}: {comparison.shown()}\n")
    assert comparison.agreed > 0
    assert not comparison.unexplained, "\n".join(difference.shown() for difference in comparison.unexplained[:20])
