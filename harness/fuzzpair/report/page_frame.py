"""What every page stands in: templates that escape, one style, one script, and a policy that allows nothing else."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup


def page_template(name: str) -> Template:
    """A template of the folder `page`."""
    return _environment().get_template(name)


def style_text() -> str:
    return _read("page.css")


def policy(style: str, script: str = "") -> str:
    """Nothing but the page's own style and script, known by their digests; no address at all."""
    scripts = (f"script-src '{_digest(script)}'",) if script else ()
    return "; ".join(
        ("default-src 'none'", f"style-src '{_digest(style)}'", *scripts, "base-uri 'none'", "form-action 'none'")
    )


def frame() -> dict[str, object]:
    """The values of frame.jinja, but for those that say what the page is about."""
    style, script = style_text(), _read("page.js")
    return {
        "policy": policy(style, script),
        "style": Markup(style),  # noqa: S704 - files of this package
        "script": Markup(script),  # noqa: S704
    }


def anchor(kind: str, number: int, name: str) -> str:
    """An id that is the same in every page of the same list, and never an attacker's text alone."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())[:60].strip("-")
    return f"{kind}{number}-{slug}" if slug else f"{kind}{number}"


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _read(name: str) -> str:
    return (files("fuzzpair") / "report" / "page" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
