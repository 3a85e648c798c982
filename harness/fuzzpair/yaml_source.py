"""YAML text → plain values that know their lines; duplicate keys, odd tags and alias bombs are problems."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

SIZE_LIMIT = 1 << 20  # octets
NODE_LIMIT = 100_000  # after aliases are expanded
DEPTH_LIMIT = 32

Location = tuple[str | int, ...]

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = (f"{_TAG}str", f"{_TAG}timestamp", f"{_TAG}value", f"{_TAG}merge")
_NUMBER_TAGS = (f"{_TAG}null", f"{_TAG}bool", f"{_TAG}int", f"{_TAG}float")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What could be read, and what could not. A value that could not be read is None and in `unread`."""

    value: object
    problems: tuple[Problem, ...]
    lines: Mapping[Location, int] = field(default_factory=dict)
    key_lines: Mapping[Location, int] = field(default_factory=dict)
    unread: frozenset[Location] = frozenset()

    def has(self, location: Location) -> bool:
        return location in self.lines or location in self.key_lines

    def line(self, location: Location) -> int:
        """The line of a value, or of the nearest one around it."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)

    def key_line(self, location: Location) -> int:
        return self.key_lines.get(location) or self.line(location)

    def is_unread(self, location: Location) -> bool:
        return any(location[: len(unread)] == unread for unread in self.unread)


def read(content: bytes) -> Document:
    """Read one document; never raises."""
    if len(content) > SIZE_LIMIT:
        return _failed(1, f"the file is larger than {SIZE_LIMIT >> 10} KiB")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return _failed(content.count(b"\n", 0, error.start) + 1, "this is not UTF-8 text")
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        return _failed(text.count("\n", 0, error.position) + 1, "a control character is not allowed")
    try:
        node = loader.get_single_node()
        builder = _Builder(loader)
        value = builder.build(node, ()) if node else None
    except _LimitError as error:
        return _failed(error.line, error.text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _failed(mark.line + 1 if mark else 1, error.problem or error.context or "YAML syntax error")
    except (ValueError, OverflowError):  # PyYAML's scanner lets these through, for "\UFFFFFFFF"
        return _failed(loader.line + 1, "an escape or a directive that YAML does not have")
    return Document(
        value=value,
        problems=tuple(builder.problems),
        lines=builder.lines,
        key_lines=builder.key_lines,
        unread=frozenset(builder.unread),
    )


def dotted(location: Location) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".") or "the file"


def _failed(line: int, text: str) -> Document:
    return Document(value=None, problems=(Problem(line, text),), unread=frozenset({()}))


class _LimitError(Exception):
    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


class _Loader(yaml.SafeLoader):
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise _LimitError(self.line + 1, f"nested deeper than {DEPTH_LIMIT} levels")
        node = super().compose_node(parent, index)
        self.depth -= 1
        assert node is None or isinstance(node, yaml.Node)
        return node


class _Builder:
    """Walks the nodes once, noting the line of each value and each key."""

    def __init__(self, loader: _Loader) -> None:
        self.loader = loader
        self.nodes = 0
        self.problems: list[Problem] = []
        self.lines: dict[Location, int] = {}
        self.key_lines: dict[Location, int] = {}
        self.unread: set[Location] = set()

    def build(self, node: yaml.Node, location: Location) -> object:
        line = node.start_mark.line + 1
        self.nodes += 1
        if self.nodes > NODE_LIMIT:
            raise _LimitError(line, f"aliases make this more than {NODE_LIMIT} values")
        if len(location) > DEPTH_LIMIT:  # an alias inside of what it names
            raise _LimitError(line, f"nested deeper than {DEPTH_LIMIT} levels")
        # A reader looks for a wrong list or mapping at its key, for a wrong word at the word.
        is_scalar = isinstance(node, yaml.ScalarNode)
        self.lines[location] = line if is_scalar else self.key_lines.get(location, line)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, location)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.build(item, (*location, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self.mapping(node, location)
        return self.unreadable(location, line, f"the tag {node.tag.replace(_TAG, '!!')} is not allowed")

    def scalar(self, node: yaml.ScalarNode, location: Location) -> object:
        line = node.start_mark.line + 1
        if node.tag in _TEXT_TAGS:
            return node.value if _is_unicode(node.value) else self.unreadable(location, line, _SURROGATE)
        if node.tag not in _NUMBER_TAGS:
            return self.unreadable(location, line, f"the tag {node.tag.replace(_TAG, '!!')} is not allowed")
        try:
            value = self.loader.construct_object(node)
        except (ValueError, KeyError, yaml.YAMLError):
            return self.unreadable(location, line, f"{node.value[:40]!r} is not a number; quote it if it is text")
        if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) < 1 << 63):
            return self.unreadable(location, line, "the number is too large or not finite")
        return value

    def mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, object]:
        built: dict[str, object] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or not _is_unicode(key.value):
                self.problems.append(Problem(line, "a key must be one word"))
            elif key.tag == f"{_TAG}merge":
                self.problems.append(Problem(line, "merge keys (<<) are not supported: write the keys out"))
            elif key.value in built:
                first = self.key_lines[(*location, key.value)]
                self.problems.append(Problem(line, f"{key.value!r} is here twice, first on line {first}"))
            else:
                self.key_lines[(*location, key.value)] = line
                built[key.value] = self.build(value, (*location, key.value))
        return built

    def unreadable(self, location: Location, line: int, text: str) -> object:
        self.problems.append(Problem(line, f"{dotted(location)}: {text}"))
        self.unread.add(location)
        return None


_SURROGATE = "half of a surrogate pair is not text"


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
