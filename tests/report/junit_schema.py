"""What the readers of JUnit's format agree on, as a table: the rules of the published junit-10.xsd of Jenkins' xUnit
plugin, the strictest of them, as far as this project's reports use its elements. No XML Schema validator is needed.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TIME: Final = re.compile(r"(?:\d{0,3},)*\d*(?:\.\d*)?")
_COUNT: Final = re.compile(r"\d+")
_COUNTS: Final = frozenset({"tests", "failures", "errors", "skipped"})


@dataclass(frozen=True, slots=True)
class Element:
    required: frozenset[str]
    optional: frozenset[str]
    children: frozenset[str]
    has_text: bool = False


def _element(required: str = "", optional: str = "", children: str = "", *, has_text: bool = False) -> Element:
    return Element(frozenset(required.split()), frozenset(optional.split()), frozenset(children.split()), has_text)


ELEMENTS: Final = {
    "testsuites": _element(optional="name time tests failures errors", children="testsuite"),
    "testsuite": _element(
        "name tests failures errors",
        "group time skipped timestamp hostname id package file log url",
        "testsuite properties testcase system-out system-err",
    ),
    "properties": _element(children="property"),
    "property": _element("name value"),
    "testcase": _element("name", "time classname group", "skipped error failure system-out system-err"),
    "skipped": _element(optional="type message", has_text=True),
    "error": _element(optional="type message", has_text=True),
    "failure": _element(optional="type message", has_text=True),
    "system-out": _element(has_text=True),
    "system-err": _element(has_text=True),
}


def objections(text: str) -> list[str]:
    """What breaks a rule; empty where the report is valid. Raises ParseError where it is no XML."""
    root = ET.fromstring(text)
    return list(_objections(root)) if root.tag == "testsuites" else ["the root is no testsuites"]


def _objections(element: ET.Element) -> Iterator[str]:
    rule = ELEMENTS[element.tag]
    there = set(element.attrib)
    yield from (f"{element.tag} has no {name}" for name in rule.required - there)
    yield from (f"{element.tag} has {name}" for name in there - rule.required - rule.optional)
    if not rule.has_text and (element.text or "").strip():
        yield f"{element.tag} holds text"
    if not _TIME.fullmatch(element.get("time", "")):
        yield f"{element.tag}'s time is {element.get('time')}"
    for name in sorted(_COUNTS & there):
        if not _COUNT.fullmatch(element.attrib[name]):
            yield f"{element.tag}'s {name} is {element.attrib[name]}"
    for child in element:
        if child.tag not in rule.children:
            yield f"{element.tag} holds {child.tag}"
        else:
            yield from _objections(child)
