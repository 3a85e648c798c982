"""Everything that can be wrong in pipeline.yml: the line that is named, and the words."""

# ruff: noqa: E501, ISC004 - a case is easiest to read on one line

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fuzzpair.config import Config, json_schema, load_config
from fuzzpair.errors import EXIT_USAGE, ConfigError, UsageError
from fuzzpair.model.command import Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from fuzzpair.severity import Overrides, Severity
from fuzzpair.severity_rules import Touch

REPOSITORY = Path(__file__).parent.parent
FOLDERS = ("targets-cpp/dns", "targets-rust/dns", "corpus/dns", "docker/toolchain")
GOOD = """\
version: 1
pair:
  name: dns
  cpp: targets-cpp/dns
  rust: targets-rust/dns
  corpus: corpus/dns
  targets: [message, stream]
backend: auto
image: docker/toolchain
workers: 3
limits:
  memory_mb: 1024
  pids: 64
profiles:
  default:
    mistakes:
      - use-after-free
      - leak
    flavours:
      cpp: [default, hardened, canary, address, undefined, memory]
      rust: [default, hardened, canary, address]
      rust-unsafe: [default, hardened, canary, memory, thread]
    seeds: [1, 2]
    trigger_runs: 200_000
    trigger_inputs: 12
    found_runs: 60000
    replay_timeout_s: 5
    fuse_s: 0.5
  nightly:
    flavours:
      cpp: [default, hardened, canary]
      rust: [default, hardened, canary]
      rust-unsafe: [default, hardened, canary]
    seeds: [7]
    trigger_runs: 1
    trigger_inputs: 1
    found_runs: 1
    replay_timeout_s: 1
    fuse_s: 1
baseline: expected.yml
"""

END = "baseline: expected.yml\n"

Load = Callable[[str | bytes], Config]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def load(root: Path) -> Load:
    def write_and_load(text: str | bytes) -> Config:
        path = root / "pipeline.yml"
        path.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
        return load_config(path)

    return write_and_load


def errors(load: Load, text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert caught.value.exit_code == EXIT_USAGE
    assert caught.value.next_step
    return caught.value.message.split("\n")


# --- what is accepted --------------------------------------------------------------------------


def test_a_good_file_becomes_a_config(load: Load, root: Path) -> None:
    config = load(GOOD)
    assert config.root == root.resolve()
    assert config.pair.folder(Language.CPP) == root.resolve() / "targets-cpp/dns"
    assert config.pair.targets == ("message", "stream")
    assert config.baseline == root.resolve() / "expected.yml"
    assert config.limits.to_model() == Limits(memory_mb=1024, pids=64)
    assert config.workers == 3
    profile = config.profile("default")
    assert profile.mistakes == ("use-after-free", "leak")
    assert profile.trigger_runs == 200_000
    assert profile.fuse_s == 0.5
    assert config.profile("nightly").mistakes == "all"


def test_each_variant_has_its_flavours(load: Load) -> None:
    flavours = load(GOOD).profile("default").flavours
    assert Flavour.UNDEFINED in flavours.of(Variant.CPP)
    assert flavours.of(Variant.RUST) == flavours.of(Variant.RUST_NEXT)
    assert Flavour.THREAD in flavours.of(Variant.RUST_UNSAFE)


def test_backend_workers_limits_and_baseline_may_be_left_out(load: Load) -> None:
    keys = ("backend:", "workers:", "limits:", "  memory_mb:", "  pids:", "baseline:")
    config = load("\n".join(line for line in GOOD.splitlines() if not line.startswith(keys)))
    assert (config.backend, config.workers, config.baseline) == ("auto", "auto", None)
    assert config.limits.to_model() == Limits()


def test_a_flow_list_and_an_alias_are_the_same_as_what_they_stand_for(load: Load) -> None:
    aliased = GOOD.replace(" rust: [default, hardened, canary]\n", " rust: &three [default, hardened, canary]\n")
    aliased = aliased.replace("rust-unsafe: [default, hardened, canary]\n", "rust-unsafe: *three\n")
    assert aliased.count("three") == 2
    assert Flavour.CANARY in load(aliased).profile("nightly").flavours.rust_unsafe


def test_severities_and_weaknesses_are_overridden_by_class_and_access(load: Load) -> None:
    assert load(GOOD).overrides == Overrides(levels={}, cwes={})
    text = "severity:\n  memory-leak: none\n  use-after-free: {read: high, free: low}\ncwe: {off-by-one: 787}\n"
    assert load(GOOD + text).overrides == Overrides(
        levels={
            ("memory-leak", None): Severity.NONE,
            ("use-after-free", Touch.READ): Severity.HIGH,
            ("use-after-free", Touch.FREE): Severity.LOW,
        },
        cwes={"off-by-one": 787},
    )


def test_a_config_is_frozen_and_crosses_processes(load: Load) -> None:
    config = load(GOOD)
    with pytest.raises(ValidationError):
        config.backend = "local"  # type: ignore[misc]
    again = pickle.loads(pickle.dumps(config))
    assert again == config
    assert again.root == config.root


def test_our_own_pipeline_yml_is_valid(load: Load) -> None:
    assert load((REPOSITORY / "pipeline.yml").read_bytes()).profile("default").mistakes == "all"


# --- what is refused, with its line ------------------------------------------------------------

# name -> (what is replaced in GOOD, by what, the errors)
REFUSED = {
    "unknown key": ("seeds: [1, 2]", "seeds: [1, 2]\n    sedes: 1", [
        "pipeline.yml:24: unknown key 'sedes' in profiles.default; perhaps you meant 'seeds'"]),
    "unknown key at the top": ("backend: auto", "bakend: auto", [
        "pipeline.yml:8: unknown key 'bakend'; perhaps you meant 'backend'"]),
    "unknown key like no other": ("  pids: 64", "  pids: 64\n  xyzzy: 1", [
        "pipeline.yml:14: unknown key 'xyzzy' in limits (known: memory_mb, pids)"]),
    "unknown key, its value on the next line": ("  pids: 64", "  pid:\n    64", [
        "pipeline.yml:13: unknown key 'pid' in limits; perhaps you meant 'pids'"]),
    "unknown variant": ("rust-unsafe: [default, hardened, canary]", "rust_unsafe: [default]", [
        "pipeline.yml:30: 'profiles.nightly.flavours.rust-unsafe' is missing",
        "pipeline.yml:33: unknown key 'rust_unsafe' in profiles.nightly.flavours; perhaps you meant 'rust-unsafe'"]),
    "key named as pydantic names a key": ("backend: auto", "'[key]': auto", [
        "pipeline.yml:8: unknown key '[key]' (known: version, pair, fuzz, backend, image, workers, limits, profiles, baseline, claims, agreement, severity, cwe)"]),
    "missing key": ("    seeds: [7]\n", "", ["pipeline.yml:29: 'profiles.nightly.seeds' is missing"]),
    "missing section": ("pair:", "pear:", [
        "pipeline.yml:2: unknown key 'pear'; perhaps you meant 'pair'"]),
    "misspelt backend": ("backend: auto", "backend: Dokcer", [
        "pipeline.yml:8: backend: 'Dokcer' is not one of: auto, docker, local; perhaps you meant 'docker'"]),
    "misspelt flavour": ("canary, memory", "canary,\n        memroy", [
        "pipeline.yml:23: profiles.default.flavours.rust-unsafe[3]: 'memroy' is not one of: default, hardened, "
        "libcxx-fast, libcxx-extensive, canary, address, undefined, integer, conversion, nullability, float, memory, thread, type; perhaps you meant 'memory'"]),
    "flavour that rustc has not": ("canary, address]", "canary, undefined]", [
        "pipeline.yml:21: profiles.default.flavours.rust[3]: rustc has no 'undefined' flavour"]),
    "flavour that has no recipe": ("undefined, memory]", "undefined, type]", [
        "pipeline.yml:20: profiles.default.flavours.cpp[5]: there is no recipe for C++ in the 'type' flavour yet"]),
    "no canary": ("canary, memory", "memory", [
        "pipeline.yml:22: profiles.default.flavours.rust-unsafe: 'canary' must be in this list: "
        "no verdict is given without it"]),
    "flavour twice": ("canary, memory", "canary, canary", [
        "pipeline.yml:22: profiles.default.flavours.rust-unsafe: 'canary' is in this list twice"]),
    "list for a word": ("backend: auto", "backend:\n  - auto", [
        "pipeline.yml:8: backend: a list is not one of: auto, docker, local"]),
    "word for a list": ("seeds: [7]", "seeds: seven", ["pipeline.yml:34: profiles.nightly.seeds: 'seven' should be a list"]),
    "word for a mapping": ("limits:\n  memory_mb: 1024\n  pids: 64", "limits: none", [
        "pipeline.yml:11: limits: 'none' should be a mapping"]),
    "nothing for a mapping": ("limits:\n  memory_mb: 1024\n  pids: 64", "limits:", [
        "pipeline.yml:11: limits: an empty value should be a mapping"]),
    "text for a number": ("pids: 64", "pids: '64'", ["pipeline.yml:13: limits.pids: '64' should be a whole number"]),
    "truth for a number": ("seeds: [7]", "seeds: [yes]", [
        "pipeline.yml:34: profiles.nightly.seeds[0]: true should be a whole number"]),
    "fraction for a number": ("pids: 64", "pids: 64.5", ["pipeline.yml:13: limits.pids: 64.5 should be a whole number"]),
    "too small": ("pids: 64", "pids: 0", ["pipeline.yml:13: limits.pids: 0 should be greater than or equal to 16"]),
    "negative time": ("fuse_s: 0.5", "fuse_s: -1", [
        "pipeline.yml:28: profiles.default.fuse_s: -1 should be greater than 0"]),
    "infinite time": ("fuse_s: 0.5", "fuse_s: .inf", [
        "pipeline.yml:28: profiles.default.fuse_s: the number is too large or not finite"]),
    "no seeds": ("seeds: [7]", "seeds: []", ["pipeline.yml:34: profiles.nightly.seeds: nothing is listed here"]),
    "seed twice": ("seeds: [1, 2]", "seeds: [2, 2]", ["pipeline.yml:23: profiles.default.seeds: '2' is in this list twice"]),
    "workers as a word": ("workers: 3", "workers: many", [
        "pipeline.yml:10: workers: 'many' should be 'auto' or a whole number"]),
    "no workers": ("workers: 3", "workers: 0", ["pipeline.yml:10: workers: 0 should be greater than or equal to 1"]),
    "mistakes as a word": ("    flavours:\n      cpp: [default, hardened, canary]\n", "    mistakes: some\n    flavours:\n      cpp: [default, hardened, canary]\n", [
        "pipeline.yml:30: profiles.nightly.mistakes: 'some' should be 'all' or a list of names"]),
    "mistake that is a path": ("- leak", "- ../leak", [
        "pipeline.yml:18: profiles.default.mistakes[1]: '../leak' is not a name (a-z, 0-9, - and _, at most 64)"]),
    "profile name": ("  nightly:", "  Nightly run:", [
        "pipeline.yml:29: profiles.Nightly run: 'Nightly run' is not a name (a-z, 0-9, - and _, at most 64)"]),
    "other version": ("version: 1", "version: 2", ["pipeline.yml:1: version: this fuzzpair reads version 1, not 2"]),
    "true is not version 1": ("version: 1", "version: true", ["pipeline.yml:1: version: true should be a whole number"]),
    "absolute path": ("corpus: corpus/dns", "corpus: /etc", [
        "pipeline.yml:6: pair.corpus: '/etc' must be relative to the folder of this file"]),
    "path outside": ("corpus: corpus/dns", "corpus: corpus/../..", [
        "pipeline.yml:6: pair.corpus: 'corpus/../..' leaves the folder of this file"]),
    "claims outside": ("baseline: expected.yml", "baseline: expected.yml\nclaims: /etc/passwd", [
        "pipeline.yml:41: claims: '/etc/passwd' must be relative to the folder of this file"]),
    "baseline outside": ("expected.yml", "../expected.yml", [
        "pipeline.yml:40: baseline: '../expected.yml' leaves the folder of this file"]),
    "duplicate key": ("  pids: 64", "  pids: 64\n  pids: 65", ["pipeline.yml:14: 'pids' is here twice, first on line 13"]),
    "merge key": ("  pids: 64", "  <<: {pids: 64}", [
        "pipeline.yml:13: merge keys (<<) are not supported: write the keys out"]),
    "list as a key": ("  pids: 64", "  ? [pids]\n  : 64", ["pipeline.yml:13: a key must be one word"]),
    "tag": ("backend: auto", "backend: !!python/name:os.system auto", [
        "pipeline.yml:8: backend: the tag !!python/name:os.system is not allowed"]),
    "number that is none": ("pids: 64", "pids: 0x_", [
        "pipeline.yml:13: limits.pids: '0x_' is not a number; quote it if it is text"]),
    "number that is huge": ("pids: 64", f"pids: {'9' * 5000}", [
        f"pipeline.yml:13: limits.pids: '{'9' * 40}' is not a number; quote it if it is text"]),
    "half a surrogate pair": ("backend: auto", 'backend: "\\ud800"', [
        "pipeline.yml:8: backend: half of a surrogate pair is not text"]),
    "escapes for the terminal": ("backend: auto", '"\\e[31m\\n": 1', [
        "pipeline.yml:8: unknown key '\\u001b[31m\\u000a' (known: version, pair, fuzz, backend, image, workers, limits, "
        "profiles, baseline, claims, agreement, severity, cwe)"]),
    "severity of an unknown class": (END, f"{END}severity:\n  memory-leak: none\n  use-aftr-free: high\n", [
        "pipeline.yml:43: severity.use-aftr-free: there is no such bug class; perhaps you meant 'use-after-free'"]),
    "severity of a class like no other": (END, f"{END}severity: {{xyzzy: high}}\n", [
        "pipeline.yml:41: severity.xyzzy: there is no such bug class"]),
    "misspelt severity": (END, f"{END}severity:\n  memory-leak: hihg\n", [
        "pipeline.yml:42: severity.memory-leak: 'hihg' is not one of: none, low, medium, high, critical; "
        "perhaps you meant 'high'"]),
    "misspelt access": (END, f"{END}severity:\n  use-after-free:\n    raed: high\n", [
        "pipeline.yml:43: severity.use-after-free.raed: 'raed' is not one of: read, write, free, unknown; "
        "perhaps you meant 'read'"]),
    "misspelt severity of an access": (END, f"{END}severity:\n  use-after-free:\n    read: critcal\n", [
        "pipeline.yml:43: severity.use-after-free.read: 'critcal' is not one of: none, low, medium, high, critical; "
        "perhaps you meant 'critical'"]),
    "severity as a number": (END, f"{END}severity:\n  memory-leak: 7\n", [
        "pipeline.yml:42: severity.memory-leak: 7 should be a level, or levels by access"]),
    "severity of nothing": (END, f"{END}severity:\n  memory-leak: {{}}\n", [
        "pipeline.yml:42: severity.memory-leak: nothing is listed here"]),
    "severities as a list": (END, f"{END}severity: [high]\n", [
        "pipeline.yml:41: severity: a list should be a mapping"]),
    "weakness of an unknown class": (END, f"{END}cwe:\n  doublefree: 415\n", [
        "pipeline.yml:42: cwe.doublefree: there is no such bug class; perhaps you meant 'double-free'"]),
    "weakness as text": (END, f"{END}cwe:\n  double-free: CWE-415\n", [
        "pipeline.yml:42: cwe.double-free: 'CWE-415' should be a whole number"]),
    "weakness that is no number of one": (END, f"{END}cwe:\n  double-free: 0\n", [
        "pipeline.yml:42: cwe.double-free: 0 should be greater than or equal to 1"]),
    "syntax": ("backend: auto", "backend: [auto", ["pipeline.yml:9: expected ',' or ']', but got ':'"]),
    "tabs": ("  pids: 64", "\tpids: 64", ["pipeline.yml:13: found character '\\t' that cannot start any token"]),
    "second document": ("backend: auto", "---\nbackend: auto", ["pipeline.yml:8: but found another document"]),
    "escape that YAML has not": ("backend: auto", 'backend: "\\UFFFFFFFF"', [
        "pipeline.yml:8: an escape or a directive that YAML does not have"]),
    "control character": ("backend: auto", "backend: \x07", ["pipeline.yml:8: a control character is not allowed"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(load: Load, old: str, new: str, expected: list[str]) -> None:
    assert GOOD.count(old) == 1, "the case must change one place"
    assert errors(load, GOOD.replace(old, new)) == expected


def test_all_errors_are_said_at_once_in_the_order_of_lines(load: Load) -> None:
    text = GOOD
    for case in ("duplicate key", "other version", "misspelt flavour", "absolute path", "no seeds"):
        text = text.replace(*REFUSED[case][:2])
    lines = [int(error.split(":")[1]) for error in errors(load, text)]
    assert lines == [1, 6, 14, 24, 36]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_that_is_missing_is_named(load: Load, root: Path, folder: str) -> None:
    line = next(number for number, text in enumerate(GOOD.splitlines(), 1) if folder in text)
    key = "image" if folder.startswith("docker") else f"pair.{GOOD.splitlines()[line - 1].split(':')[0].strip()}"
    assert errors(load, GOOD.replace(folder, f"{folder}-not")) == [
        f"pipeline.yml:{line}: {key}: there is no folder '{folder}-not' in {root.resolve()}"
    ]


def test_a_link_that_leaves_the_repository_is_refused(load: Load, root: Path) -> None:
    (root / "elsewhere").symlink_to("/usr")
    assert errors(load, GOOD.replace("corpus/dns", "elsewhere")) == [
        "pipeline.yml:6: pair.corpus: 'elsewhere' leaves the folder of this file"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "pipeline.yml:1: the file is empty"),
        ("# only a comment\n", "pipeline.yml:1: the file is empty"),
        ("\n- a\n", "pipeline.yml:2: the file: a list should be a mapping"),
        (b"version: 1\nimage: \xff\n", "pipeline.yml:2: this is not UTF-8 text"),
        (b"#" * ((1 << 20) + 1), "pipeline.yml:1: the file is larger than 1024 KiB"),
        ("\n" + "[" * 5000, "pipeline.yml:2: nested deeper than 32 levels"),
        ("a: &a [*a]", "pipeline.yml:1: nested deeper than 32 levels"),
    ],
)
def test_a_file_that_is_no_configuration(load: Load, text: str | bytes, expected: str) -> None:
    assert errors(load, text) == [expected]


def test_an_alias_bomb_ends_at_once(load: Load) -> None:
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert errors(load, "\n".join(bomb)) == ["pipeline.yml:1: aliases make this more than 100000 values"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^pipeline\.yml:1: cannot be read: No such file") as caught:
        load_config(tmp_path / "pipeline.yml")
    assert "folder that holds pipeline.yml" in caught.value.next_step
    with pytest.raises(ConfigError, match="Is a directory"):
        load_config(tmp_path)


def test_an_unknown_profile_is_a_usage_error_with_a_suggestion(load: Load) -> None:
    with pytest.raises(UsageError, match=r"no profile 'nightli'.*perhaps you meant 'nightly'") as caught:
        load(GOOD).profile("nightli")
    assert caught.value.next_step == "choose one of: default, nightly"


# --- whatever the file holds -------------------------------------------------------------------

pieces = st.one_of(
    st.text(max_size=20),
    st.sampled_from([*"[]{}&*!|>%@`'\"?:-#,\n\t ", "<<: ", "&a ", "*a", "!!set ", "!!binary ", "---\n", "- ", ": "]),
    st.sampled_from(GOOD.splitlines(keepends=True)),
    st.sampled_from(["0b_", "1:30", "._", "2024-99-99", "=", "~", '"\\xff"', "%YAML 9.9\n", "\ud800", "\x85"]),
)


# Without a deadline: it is wall-clock time, and a busy machine is no fault of the reader.
@settings(deadline=None)
@given(st.lists(pieces, max_size=12).map("".join))
@example("%YAML 99999999999999999999.1\n---\n")
@example("<word>: 1")
def test_arbitrary_text_never_raises_anything_else(load: Load, text: str) -> None:
    with pytest.raises(ConfigError, match=r"\Apipeline\.yml:[1-9]\d*: ."):
        load(text)


@settings(deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 30), pieces)
def test_a_damaged_file_is_read_or_refused(load: Load, start: int, length: int, put: str) -> None:
    message = ""
    try:
        load(GOOD[:start] + put + GOOD[start + length :])
    except ConfigError as error:
        message = error.message
    assert all(re.match(r"pipeline\.yml:[1-9]\d*: .", line) for line in message.splitlines())


# --- the schema --------------------------------------------------------------------------------


def test_the_schema_names_every_key_and_allows_no_other() -> None:
    schema = json_schema()
    sections = [schema, *(part for part in schema["$defs"].values() if part.get("type") == "object")]
    assert len(sections) == 12
    assert all(section["additionalProperties"] is False for section in sections)
    own = (
        "Agreement",
        "Fuzz",
        "CppSide",
        "RustSide",
        "TargetNames",
        "ChangeBudget",
        "NightlyBudget",
    )  # tests/test_config_fuzz.py
    assert {section["title"] for section in sections} >= set(own)
    keys = {key for section in sections if section["title"] not in own for key in section["properties"]}
    in_good = set(re.findall(r"^ *([a-z_-]+):", GOOD, re.MULTILINE)) - {"default", "nightly"} | {"fuzz"}
    optional = {
        "found_runs_of",
        "trigger_runs_of",
        "load_parses",
        "minimise_tries",
        "analyzers",
        "claims",
        "agreement",
        "severity",
        "cwe",
    }
    assert keys == in_good | optional


def test_a_profile_with_more_judges_has_a_baseline_of_its_own(load: Load) -> None:
    config = load(GOOD.replace("    seeds: [7]\n", "    analyzers: [clippy]\n    baseline: full.yml\n    seeds: [7]\n"))
    assert config.baseline_of(config.profile("nightly")) == config.root / "full.yml"
    assert config.baseline_of(config.profile("default")) == config.root / "expected.yml"


def test_an_analyzer_that_is_not_known(load: Load) -> None:
    with pytest.raises(ConfigError, match=r"pipeline.yml:\d+: .*perhaps you meant .?clippy"):
        load(GOOD.replace("    seeds: [7]\n", "    analyzers: [clipy]\n    seeds: [7]\n"))


def test_a_budget_of_its_own_for_a_slow_target(load: Load) -> None:
    own = "    fuse_s: 0.5\n    found_runs_of: {stream: 3000}\n    trigger_runs_of: {stream: 20000}\n"
    profile = load(GOOD.replace("    fuse_s: 0.5\n", own)).profile("default")
    assert (profile.found_runs_for("stream"), profile.found_runs_for("message")) == (3000, 60_000)
    assert (profile.trigger_runs_for("stream"), profile.trigger_runs_for("message")) == (20_000, 200_000)


@pytest.mark.parametrize("key", ["found_runs_of", "trigger_runs_of"])
def test_a_budget_for_a_target_that_the_pair_does_not_have(load: Load, key: str) -> None:
    text = GOOD.replace("    fuse_s: 0.5\n", f"    fuse_s: 0.5\n    {key}: {{steam: 3000}}\n")
    line = text.splitlines().index(f"    {key}: {{steam: 3000}}") + 1
    expected = f"pipeline.yml:{line}: the pair has no target 'steam', perhaps you meant 'stream'"
    (said,) = errors(load, text)
    assert said.startswith(expected[: expected.index(",")])
    assert "stream" in said
