"""What is written is a pipeline.yml that load_config reads, whatever the names in it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from discovery.repositories import BUILD, FUZZ_TOML, TARGET, make
from examples import examples
from fuzzpair.config import load_config
from fuzzpair.discovery.listing import read_listing
from fuzzpair.discovery.proposal import NAME_LENGTH, propose, slug
from fuzzpair.discovery.writing import render_pipeline, scalar

BOTH = {
    "oss-fuzz/build.sh": BUILD.replace("a_fuzzer", "inflate_fuzzer")
    + "meson x; $CC -o $OUT/png_read $LIB_FUZZING_ENGINE\n",
    "oss-fuzz/Dockerfile": "RUN git clone https://example.org/zlib\nWORKDIR gadget\n",
    "fuzz/a.cc": TARGET,
    "rust/Cargo.toml": '[package]\nname = "x"\n',
    "rust/fuzz/Cargo.toml": FUZZ_TOML.replace('name = "a"', 'name = "fuzz_inflate"') + '[[bin]]\nname = "read_it"\n',
    "corpus/inflate_fuzzer/1": "x",
}
# What str.isprintable calls printable, but for the slash, which is in no name.
PRINTABLE = st.characters(categories=("L", "M", "N", "P", "S"), include_characters=" ", exclude_characters="/")
slow = settings(deadline=None, max_examples=examples(40), suppress_health_check=[HealthCheck.too_slow])


def written(root: Path, files: dict[str, str]) -> str:
    text = render_pipeline(propose(read_listing(make(root, dict(files)))))
    (root / "pipeline.yml").write_text(text, encoding="utf-8")
    return text


def test_both_sides_with_a_pair_of_like_names(tmp_path: Path) -> None:
    text = written(tmp_path, BOTH)
    fuzz = load_config(tmp_path / "pipeline.yml").own_pair
    assert fuzz.name == "gadget"
    assert fuzz.cpp is not None
    assert fuzz.rust is not None
    assert fuzz.cpp.build == tmp_path / "oss-fuzz/build.sh"
    assert fuzz.rust.source == tmp_path / "rust"
    assert {name: (one.cpp, one.rust) for name, one in fuzz.targets.items()} == {
        "inflate": ("inflate_fuzzer", "fuzz_inflate")
    }
    assert fuzz.corpus == tmp_path / "corpus"
    assert fuzz.packages == ("meson",)
    assert "# read: {cpp: png_read, rust: read_it}" in text
    assert "zlib" in text


@pytest.mark.parametrize("left_out", ["oss-fuzz", "rust"])
def test_one_side_alone(tmp_path: Path, left_out: str) -> None:
    written(tmp_path, {path: text for path, text in BOTH.items() if not path.startswith(left_out)})
    fuzz = load_config(tmp_path / "pipeline.yml").own_pair
    assert (fuzz.cpp is None) == (left_out == "oss-fuzz")
    assert (fuzz.rust is None) == (left_out == "rust")


def test_every_commented_line_can_be_taken_into_use(tmp_path: Path) -> None:
    text = written(tmp_path, BOTH)
    (tmp_path / "oss-fuzz/fetch.sh").write_text("")
    lines = [
        line.replace("# ", "", 1) if line.lstrip().startswith(("# without:", "# fetch:", "# read:")) else line
        for line in text.splitlines()
    ]
    (tmp_path / "pipeline.yml").write_text("\n".join(lines))
    fuzz = load_config(tmp_path / "pipeline.yml").own_pair
    assert fuzz.cpp is not None
    assert fuzz.cpp.fetch is not None
    assert fuzz.cpp.without
    assert fuzz.targets["read"].rust == "read_it"


@given(st.text(PRINTABLE, min_size=1) | st.sampled_from([".5", ".inf", "no", "1e3", "0x1", "~", "-", "null"]))
@slow
def test_a_scalar_is_read_as_the_text_it_was(text: str) -> None:
    assert yaml.safe_load(f"a: {scalar(text)}  # comment\nb: [{scalar(text)}]\n") == {"a": text, "b": [text]}


parts = st.text(PRINTABLE, min_size=1, max_size=12).filter(
    lambda part: part not in (".", "..", "target", "node_modules")
)


@given(parts, parts, parts)
@slow
def test_a_repository_with_any_names_gives_a_file_that_loads(folder: str, script: str, program: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "root"
        files = {
            f"{folder}/{script}.sh": f"$CC -o $OUT/{program} $LIB_FUZZING_ENGINE\n",
            f"{folder}/fuzz/Cargo.toml": FUZZ_TOML + f"[[bin]]\nname = '''{program}'''\n",
            f"{folder}/a.c": TARGET,
        }
        written(root, files)
        fuzz = load_config(root / "pipeline.yml").own_pair
        assert fuzz.rust is not None
        assert fuzz.rust.fuzz == root / folder / "fuzz"


@given(st.text())
@slow
def test_a_slug_is_a_name(text: str) -> None:
    assert slug(slug(text)) == slug(text)
    assert isinstance(yaml.safe_load(slug(text)), str)
    assert len(slug(text)) <= NAME_LENGTH


@pytest.mark.parametrize("word", ["NULL", "~", "On", "no", "true", "2024", "0x1f", "1_000", "2024-01-01", "9" * 80])
def test_a_word_that_yaml_reads_as_something_else_is_a_name_all_the_same(word: str) -> None:
    made = slug(word)
    assert isinstance(yaml.safe_load(made), str)
    assert slug(made) == made
    assert len(made) <= NAME_LENGTH
