"""What `fuzzpair agree` asks of dnspython: the contract's text, and where dnspython was overruled for it."""

from twins.disagreements import describe_by_contract


def describe(target: str, data: bytes) -> tuple[str, list[str]]:
    """dnspython's reading, with the documented disagreements (docs/dns-disagreements.md) settled and named."""
    text, reasons = describe_by_contract(target, data)
    return text, sorted(reasons)
