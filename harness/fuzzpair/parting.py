"""Answers → where they part, as a path of fields, and who is alone. Pure: texts in, a Parting out.

Nothing here knows DNS. A canonical text is lines; a line of one word and a number (`answer 2`) heads what follows;
words in capitals name what a line is about; a lower-case word names the field behind it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Final

from fuzzpair.model.agreement import Answer, Ending, Parting, Voice, What

FAR: Final = 6  # fields behind this one are told apart no further: a list has as many as its input wants
WIDTH: Final = 120  # characters shown of what a side says
REJECT: Final = re.compile(r"^reject:(?: (?P<kind>[a-z-]+)(?: at (?P<offset>\d+))?)?$")
_HEADING: Final = re.compile(r"^(?P<word>[a-z][a-z-]*) \d+$")
_NAME: Final = re.compile(r"^[A-Z][A-Z0-9]*$")
_FIELD: Final = re.compile(r"^[a-z][a-z-]*$")


def parting(answers: Mapping[Voice, Answer]) -> Parting | None:
    """Where two or three answers part; None where they are one. A reference may leave a rejection's reason open
    (`reject:`), which then agrees with every reason."""
    endings = {answer.ending for answer in answers.values()}
    for ending, what in ((Ending.CRASH, What.CRASH), (Ending.HANG, What.HANG)):
        if ending in endings:
            return _ended(answers, ending, what)
    if len(endings) > 1:
        return _acceptance(answers)
    parted = _parted(answers)
    if parted is None:
        return None
    return _reason(answers) if endings == {Ending.REJECTED} else _text(answers, parted)


def first_parted(texts: Sequence[str]) -> int | None:
    """The first line, from 0, in which these texts are not one."""
    rows = [text.split("\n") for text in texts]
    for number, lines in enumerate(itertools.zip_longest(*rows)):
        if not _is_one(lines):
            return number
    return None


def _is_one(lines: Sequence[str | None]) -> bool:
    if len(set(lines)) == 1:
        return True
    # A reason that is left open is every reason.
    if None in lines:
        return False
    open_ended = [line for line in lines if line == "reject:"]
    rest = {line for line in lines if line != "reject:"}
    return bool(open_ended) and len(rest) == 1 and REJECT.match(str(next(iter(rest)))) is not None


def _parted(answers: Mapping[Voice, Answer]) -> int | None:
    return first_parted([answer.text for answer in answers.values()])


def _ended(answers: Mapping[Voice, Answer], ending: Ending, what: What) -> Parting | None:
    guilty = [voice for voice, answer in answers.items() if answer.ending is ending]
    if what is What.HANG and len(guilty) == len(answers):
        return None  # all of them wait: that is no disagreement, and a campaign's own finding
    sides = tuple((voice, str(answer.ending)) for voice, answer in answers.items())
    return Parting(what=what, path=", ".join(voice.shown for voice in guilty), sides=sides, odd=_alone(dict(sides)))


def _acceptance(answers: Mapping[Voice, Answer]) -> Parting:
    """The rejection's reason, and what stands last in the accepted text: a minimised input has little else."""
    reason = next((kind for one in answers.values() if (kind := _kind(one))), "")
    accepted = next((one.text for one in answers.values() if one.ending is Ending.ACCEPTED), "")
    said = {voice: str(answer.ending) for voice, answer in answers.items()}
    who = ", ".join(f"{voice.shown} {answer.ending}" for voice, answer in answers.items())
    about = _about(accepted)
    path = " › ".join(part for part in (who, reason, about) if part)
    return Parting(what=What.ACCEPTANCE, path=path, sides=_sides(answers, None), odd=_alone(said))


def _reason(answers: Mapping[Voice, Answer]) -> Parting:
    said = {voice: _kind(answer) for voice, answer in answers.items()}
    told = {voice: kind for voice, kind in said.items() if kind}
    if len(set(told.values())) > 1:
        path = " / ".join(f"{voice.shown} {kind}" for voice, kind in told.items())
    else:
        path = f"{next(iter(told.values()), '')} › offset"
    return Parting(what=What.REASON, path=path, sides=_sides(answers, None), odd=_alone(_last_lines(answers)))


def _text(answers: Mapping[Voice, Answer], line: int) -> Parting:
    texts = [answer.text.split("\n") for answer in answers.values()]
    heading = _heading_before(texts[0], line)
    lines = [one[line] if line < len(one) else "" for one in texts]
    field = _field(lines)
    path = field if field.endswith("(count)") else " › ".join(part for part in (heading, field) if part)
    whole = {voice: answer.text for voice, answer in answers.items()}
    return Parting(what=What.TEXT, path=path, sides=_sides(answers, line), odd=_alone(whole))


def _heading_before(lines: Sequence[str], number: int) -> str:
    for line in reversed(lines[:number]):
        match = _HEADING.match(line)
        if match:
            return match["word"]
    return ""


def _field(lines: Sequence[str]) -> str:
    """What the line is about, and the name or the place of the first word that differs."""
    heads = {match["word"] if (match := _HEADING.match(line)) else "" for line in lines}
    if len(heads) == 1 and "" not in heads:
        return f"{heads.pop()} (count)"
    words = [line.split(" ") for line in lines]
    number = next((at for at, each in enumerate(itertools.zip_longest(*words)) if len(set(each)) > 1), 0)
    shared = words[0][:number]
    common = [one for one in words[0] if all(one in each for each in words)]
    names = [word for word in common if _NAME.match(word)][:2]
    field = shared[-1] if shared and _FIELD.match(shared[-1]) else f"word {_place(number)}"
    indent = "option" if "option" in shared else ""
    return " › ".join([*([" ".join(names)] if names else []), *([indent] if indent and field != indent else []), field])


def _place(number: int) -> str:
    return str(number + 1) if number < FAR else f"{FAR + 1} or later"


def _about(text: str) -> str:
    """The names in the last record's line: the last line that has any."""
    for line in reversed(text.split("\n")):
        names = [word for word in line.split(" ") if _NAME.match(word)]
        if names:
            return " ".join(names[:2])
    return ""


def _kind(answer: Answer) -> str:
    if answer.ending is not Ending.REJECTED:
        return ""
    match = REJECT.match(_last_line(answer.text))
    return (match["kind"] or "") if match else ""


def _last_line(text: str) -> str:
    return text.rstrip("\n").rpartition("\n")[2]


def _last_lines(answers: Mapping[Voice, Answer]) -> dict[Voice, str]:
    return {voice: _last_line(answer.text) for voice, answer in answers.items()}


def _sides(answers: Mapping[Voice, Answer], line: int | None) -> tuple[tuple[Voice, str], ...]:
    def said(answer: Answer) -> str:
        if line is None:
            return _last_line(answer.text) if answer.ending is Ending.REJECTED else str(answer.ending)
        lines = answer.text.split("\n")
        return lines[line] if line < len(lines) else "(no more lines)"

    return tuple((voice, said(answer)[:WIDTH]) for voice, answer in answers.items())


def _alone(said: Mapping[Voice, str]) -> Voice | None:
    """The one of three that says otherwise; of two there is none, of three that all differ neither."""
    if len(said) < len(Voice):
        return None

    def agree(*voices: Voice) -> bool:
        return first_parted([said[voice] for voice in voices]) is None

    apart = [voice for voice in Voice if not any(agree(voice, other) for other in Voice if other is not voice)]
    return apart[0] if len(apart) == 1 else None
