"""Function names without what changes from build to build: hashes, arguments, templates, clone suffixes."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

MAX_NAME = 1000

_ANONYMOUS = re.compile(r"\(anonymous namespace\)::|\{anonymous\}::|_GLOBAL__N_1::")
_ABI = re.compile(r"\[abi:[^\]\[]{1,32}\]")
_CLONE = re.compile(r" \[clone [^\]\[]{0,64}\]$|\.(?:cold|part|isra|constprop|llvm|lto_priv|resolver)(?:\.\d+)*$")
_V0_HASH = re.compile(r"\[[0-9a-f]{1,16}\]")
_LEGACY_HASH = re.compile(r"::h[0-9a-f]{16}$")
_CLOSURE = re.compile(r"\{\{closure\}\}|\{closure#\d{1,9}\}|\{closure_env#\d{1,9}\}")
_SHIM = re.compile(r"\{\{?(?:vtable\.shim|shim:[^{}]{0,64})\}?\}")
_LAMBDA = re.compile(r"\$_\d{1,9}|'lambda\d{0,9}'|\{lambda\([^{}]{0,512}\)#\d{1,9}\}")
_QUALIFIERS = re.compile(r"(?: const| volatile| &&?| noexcept)+$")
_POINTED = re.compile(r"^(?:&|\*const |\*mut |mut |dyn |'_ |\s)+")
_OPERATOR = re.compile(r"(?:^|::|\s)(operator)\b")
# The symbol operators whose characters look like brackets.
_SYMBOLS = re.compile(r"\s*(?:\(\)|->\*?|<=>|<<=?|>>=?|<=?|>=?)")


# A fuzzer's logs say the same few names again and again, and a name may take a hundred times the look-up's time.
@lru_cache(maxsize=1 << 12)
def normalise(name: str) -> str:
    """The bare qualified name, the same for C++, Rust v0 and legacy names; normalising again changes nothing."""
    name = name[:MAX_NAME].strip()
    while True:
        shorter = _once(name)
        # Every step only takes away, so this ends.
        if len(shorter) >= len(name):
            return name
        name = shorter


def _once(name: str) -> str:
    steps: tuple[Callable[[str], str], ...] = (_without_marks, _without_arguments, _without_templates, _last_word)
    for step in steps:
        name = step(name).strip() or name
    return name


def _without_marks(name: str) -> str:
    for pattern in (_ANONYMOUS, _ABI, _V0_HASH, _LEGACY_HASH, _CLONE, _SHIM):
        name = pattern.sub("", name)
    return _LAMBDA.sub("$_", _CLOSURE.sub("{closure}", name))


def _without_arguments(name: str) -> str:
    """`f(int) const` → `f`, `a(int)::$_::operator()() const` → `a::$_::operator()`."""
    name = _QUALIFIERS.sub("", name)
    kept, depth = [], 0
    for place, character in enumerate(name):
        if character == "(" and not _is_call_operator(name, place):
            depth += 1
        elif character == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(character)
    # An unbalanced name was cut off in the log: what stands before the bracket is the name.
    return "".join(kept)


def _is_call_operator(name: str, place: int) -> bool:
    return name.startswith("()", place) and name[:place].endswith("operator")


def _without_templates(name: str) -> str:
    """`A<int>::f` → `A::f`; of a leading Rust `<T as Trait>::f` the type stays: `T::f`."""
    if name.startswith("<"):
        return _unqualified(name)
    kept, depth, place = [], 0, 0
    while place < len(name):
        symbol = _symbol(name, place) if not depth else ""
        if symbol:
            kept.append(symbol)
            place += len(symbol)
            continue
        character = name[place]
        if character == "<":
            depth += 1
        elif character == ">" and depth and name[place - 1 : place] not in ("-", "="):
            depth -= 1
        elif not depth:
            kept.append(character)
        place += 1
    return re.sub(r"::(?=::|$)", "", "".join(kept))


def _symbol(name: str, place: int) -> str:
    """The operator's own characters at this place, which are no brackets."""
    if not name[:place].endswith("operator"):
        return ""
    match = _SYMBOLS.match(name, place)
    return match[0] if match else ""


def _unqualified(name: str) -> str:
    """`<[T] as Index<I>>::index` → `[T]::index`."""
    depth = 0
    for place, character in enumerate(name):
        depth += (character == "<") - (character == ">" and name[place - 1 : place] not in ("-", "="))
        if depth == 0:
            inner, rest = name[1:place], name[place + 1 :]
            return _POINTED.sub("", _before_as(inner)) + rest
    return name.lstrip("<")


def _before_as(inner: str) -> str:
    depth = 0
    for place, character in enumerate(inner):
        depth += (character == "<") - (character == ">")
        if depth == 0 and inner.startswith(" as ", place):
            return inner[:place]
    return inner


def _last_word(name: str) -> str:
    """A demangled template starts with its return type: `void f` → `f`, but `operator new` stays whole."""
    operator = _OPERATOR.search(name)
    before = name[: operator.start(1)] if operator else name
    return name[before.rfind(" ") + 1 :]
