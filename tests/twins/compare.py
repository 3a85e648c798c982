"""Three opinions on each input, the two twins' and dnspython's, and what to make of a difference."""

import itertools
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from twins.disagreements import describe_by_contract
from twins.reference import REJECT, describe_message, describe_stream

Language = Literal["cpp", "rust"]
Target = Literal["message", "stream"]

# A name in the text ends with a dot, so no accepted line looks like this one.
REJECTION: Final = re.compile(r"^reject: [a-z-]+ at \d+$", re.MULTILINE)
SHOWN_LINES: Final = 2
DESCRIBE: Final[dict[Target, Callable[[bytes], str]]] = {
    "message": describe_message,
    "stream": describe_stream,
}


class Twins(Protocol):
    """Runs a twin over inputs, somewhere. A program that fails gives a text that says how."""

    def describe(self, language: Language, target: Target, inputs: list[bytes]) -> list[bytes]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    target: Target
    data: bytes
    cpp: str
    rust: str
    reference: str  # with dnspython overruled where a documented disagreement applies

    @property
    def what(self) -> str:
        return "the twins differ" if self.cpp != self.rust else "dnspython differs from both twins"

    def shown(self) -> str:
        """The input in full, and of each text the lines behind those that all three begin with."""
        texts = {"C++": self.cpp, "Rust": self.rust, "dnspython": self.reference}
        first = common_lines(*texts.values())
        parts = [f"{who:>9}: {line}" for who, text in texts.items() for line in lines_from(text, first)]
        return "\n".join([f"{self.what}: {self.target} {self.data.hex()}", *parts])


def common_lines(*texts: str) -> int:
    rows = zip(*(text.splitlines() for text in texts), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda row: len(set(row)) == 1, rows))


def lines_from(text: str, first: int) -> list[str]:
    return text.splitlines()[first : first + SHOWN_LINES] or ["(no more lines)"]


@dataclass(slots=True, kw_only=True)
class Comparison:
    """`documented` counts inputs by the reason (of disagreements.py) for which dnspython says otherwise."""

    accepted: int = 0
    rejected: int = 0
    documented: Counter[str] = field(default_factory=Counter)
    documented_inputs: int = 0
    unexplained: list[Difference] = field(default_factory=list)

    @property
    def agreed(self) -> int:
        return self.accepted + self.rejected

    def add(self, target: Target, data: bytes, cpp: str, rust: str) -> None:
        """Both twins must print what the contract demands, also where dnspython would say otherwise."""
        reference = DESCRIBE[target](data)
        contract, reasons = describe_by_contract(target, data)
        if cpp != rust or without_kinds(cpp) != contract:
            difference = Difference(target=target, data=data, cpp=cpp, rust=rust, reference=contract)
            self.unexplained.append(difference)
        elif contract != reference:
            self.documented.update(reasons.keys())
            self.documented_inputs += 1
        elif contract.endswith(REJECT):
            self.rejected += 1
        else:
            self.accepted += 1

    def shown(self) -> str:
        counts = f"agreed {self.agreed} (accepted {self.accepted}, rejected {self.rejected})"
        reasons = "".join(f"\n  {reason} {count}" for reason, count in sorted(self.documented.items()))
        return f"{counts}, documented {self.documented_inputs}, unexplained {len(self.unexplained)}{reasons}"


def compare(twins: Twins, target: Target, inputs: list[bytes]) -> Comparison:
    comparison = Comparison()
    cpp, rust = (twins.describe(language, target, inputs) for language in LANGUAGES)
    for data, cpp_text, rust_text in zip(inputs, cpp, rust, strict=True):
        comparison.add(target, data, as_text(cpp_text), as_text(rust_text))
    return comparison


LANGUAGES: Final[tuple[Language, Language]] = ("cpp", "rust")


def as_text(octets: bytes) -> str:
    """A twin prints ASCII; what is not must stay visible rather than end the comparison."""
    return octets.decode("ascii", "backslashreplace")


def without_kinds(text: str) -> str:
    """dnspython knows no kinds and no offsets: only that a message is rejected is compared."""
    return REJECTION.sub("reject:", text)
