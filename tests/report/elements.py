"""A page's elements and text, read as a browser would read them, and what holds for every page of ours."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Final

OF_FORMATS: Final = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names, which nothing asks for


class Elements(HTMLParser):
    """Every element with its attributes, and the page's visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.words.append(" " if tag in ("dd", "td", "th", "li", "p") else "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.found}


def assert_policy(page: str) -> None:
    """It allows the page's own style and script, and nothing else."""
    policy = next(
        given["content"] or "" for tag, given in Elements(page).found if tag == "meta" and "http-equiv" in given
    )
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "http" not in policy
    for kind in ("style", "script"):
        (body,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        assert f"{kind}-src 'sha256-{b64encode(sha256(body.encode()).digest()).decode()}'" in policy


def addresses(page: str) -> set[str]:
    return set(re.findall(r"https?://[^\"'\s<)]+", page))
