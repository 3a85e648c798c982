"""What the sections of pipeline.yml are made of: the types that more than one of them uses, and what these refuse."""

from __future__ import annotations

from collections.abc import Callable, Sized
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

Some = TypeVar("Some", bound=Sized)


def refuse(text: str) -> NoReturn:
    raise PydanticCustomError("refused", "{text}", {"text": text})


def root_of(info: ValidationInfo) -> Path:
    assert isinstance(info.context, Path)  # load_config gives it
    return info.context


def in_repository(path: Path, info: ValidationInfo) -> Path:
    root = root_of(info)
    if path.is_absolute():
        refuse(f"'{path}' must be relative to the folder of this file")
    try:
        resolved = (root / path).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a NUL, a name too long, a loop of links
        refuse(f"'{str(path)[:80]!s}' cannot be a path: {error}")
    if not resolved.is_relative_to(root):
        refuse(f"'{path}' leaves the folder of this file")
    return resolved


def existing(what: str, is_one: Callable[[Path], bool]) -> AfterValidator:
    """A path in the repository at which there is such a thing."""

    def validate(path: Path, info: ValidationInfo) -> Path:
        resolved = in_repository(path, info)
        try:
            is_there = is_one(resolved)
        except OSError:
            is_there = False
        return resolved if is_there else refuse(f"there is no {what} '{path}' in {root_of(info)}")

    return AfterValidator(validate)


def not_empty(items: Some) -> Some:
    return items or refuse("nothing is listed here")


def distinct(items: tuple[Any, ...]) -> tuple[Any, ...]:
    for index, item in enumerate(items):
        if item in items[:index]:
            refuse(f"'{item}' is in this list twice")
    return not_empty(items)


def word_or(word: str, otherwise: str) -> BeforeValidator:
    def validate(value: object) -> object:
        return value if value == word else refuse(f"'{value}' should be '{word}' or {otherwise}")

    return BeforeValidator(validate)


def word_or_else(value: object) -> str:
    return "<word>" if isinstance(value, str) else "<else>"


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\z")]
Folder = Annotated[Path, existing("folder", Path.is_dir)]
File = Annotated[Path, AfterValidator(in_repository)]
Names = Annotated[tuple[Name, ...], AfterValidator(distinct)]
Count = Annotated[int, Field(ge=1, lt=1 << 31)]  # of executions: -runs is an int, and libFuzzer keeps its low bits
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, serialize_by_alias=True, use_attribute_docstrings=True
    )
