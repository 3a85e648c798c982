"""A user's own pair, compared: its programs stand where a twin's code stands, and its whole corpus is read."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from agree_fakes import Tools
from fuzzpair.agree.campaigns import ATHERIS, CORPUS, NATIVE
from fuzzpair.agree.flow import Agree, Engines
from fuzzpair.agree.own import OwnPlan, shared_corpus
from fuzzpair.agree.programs import PRELOADED, program_side_job
from fuzzpair.agree.sides import Side
from fuzzpair.agree.tasks import Budget, Tasks
from fuzzpair.agree.wish import AgreeWish, agreement_of
from fuzzpair.backends.fake import TOOLCHAIN, FakeBackend, FakeSandbox
from fuzzpair.config import load_config, shipped_recipe
from fuzzpair.errors import ConfigError, UsageError
from fuzzpair.jobs import Worker
from fuzzpair.model.agreement import AgreementRecord, What
from fuzzpair.model.command import Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import Checkup, Health, SideBuild, TargetProgram
from fuzzpair.own_pair.state import PairState
from fuzzpair.own_pair.wish import Built
from fuzzpair.progress import Silent
from fuzzpair.report.agreement import render_agreement
from fuzzpair.report.agreement_files import write_agreement
from fuzzpair.report.console import make_console
from fuzzpair.scheduler import Scheduler
from fuzzpair.store import Files, Store
from tiny_elf import TARGET, elf

ENGINES = (CORPUS, NATIVE, ATHERIS)
PARTS = {"cpp": {"ending": "accepted", "text": "octets 1\n"}, "rust": {"ending": "rejected", "text": "reject:\n"}}
PIPELINE = """\
version: 1
fuzz:
  name: tiny
  cpp: {source: c, build: c/build.sh}
agreement:
  modules: opinion.py
  reference: opinion:describe
"""


class OwnPair:
    """A pair in a folder, with builds as they are handed over."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = Store(str(root / "store"))
        self.state = PairState(Files(str(root / "pair")))
        (root / "c").mkdir()
        for name, text in (("c/build.sh", ""), ("opinion.py", "def describe(): pass"), ("pipeline.yml", PIPELINE)):
            (root / name).write_text(text)

    def program(
        self, language: Language, content: bytes = TARGET, flavour: Flavour = Flavour.ADDRESS, target: str = "header"
    ) -> TargetProgram:
        return TargetProgram(
            language=language,
            target=target,
            flavour=flavour,
            program=self.store.put_blob(content + str(language).encode()),
            program_name=f"{target}_fuzzer",
            files=(("data.bin", self.store.put_blob(b"beside")),),
        )

    def built(self, *programs: TargetProgram, bad: tuple[TargetProgram, ...] = ()) -> Built:
        builds = tuple(
            SideBuild(
                language=one.language, flavour=one.flavour, programs=(one,), missing=(), log=self.store.put_blob(b"")
            )
            for one in programs
        )
        checkup = Checkup(health=Health.BAD, edges=0, reasons=("no edge",))
        return Built(builds=builds, checkups=tuple((one.name, checkup) for one in bad))

    def agree(
        self, built: Built, tools: Tools, engines: tuple[str, ...] = ENGINES, subject: str = "tiny"
    ) -> AgreementRecord:
        agreement = agreement_of(load_config(self.root / "pipeline.yml"))
        worker = Worker(
            backend=FakeBackend(tools), store=self.store, fingerprint=TOOLCHAIN.fingerprint, limits=Limits()
        )
        plan = OwnPlan(subject=subject, built=built, store=self.store)
        seeds = {"header": (b"seed",)}
        with ThreadPoolExecutor(1) as executor:
            return Agree(
                pair="tiny",
                described_by=(("cpp", "c/build.sh"), ("rust", "rust/fuzz/Cargo.toml")),
                tasks=Tasks(
                    agreement=agreement,
                    engines=engines,
                    store=self.store,
                    budget=Budget(runs=5000, seconds=2.0),
                    limits=Limits(),
                    corpora={
                        one: shared_corpus(one, self.state, seeds, built.programs, self.store) for one in plan.targets()
                    },
                ),
                planner=plan,
                engines=Engines(
                    sides=Scheduler(executor, worker, Silent()),
                    schedulers={name: Scheduler(executor, worker, Silent()) for name in engines},
                ),
                toolchain=TOOLCHAIN,
                backend="fake",
                targets=plan.targets(),
            ).run()


@pytest.fixture
def pair(tmp_path: Path) -> OwnPair:
    return OwnPair(tmp_path)


def both(pair: OwnPair, content: bytes = TARGET) -> Built:
    return pair.built(pair.program(Language.CPP, content), pair.program(Language.RUST))


def test_its_corpus_is_read_and_both_engines_compare(pair: OwnPair) -> None:
    pair.state.add_units("header", [b"one", b"two"])
    tools = Tools()
    record = pair.agree(both(pair), tools)
    assert (record.exit_code, record.reasons) == (0, ())
    executed = {row.engine: row.campaigns[0].executions for row in record.rows}
    assert executed == {CORPUS: 3, NATIVE: 5000, ATHERIS: 5000}  # two units, and the pair's own seed
    fuzz = next(one for one in tools.commands if one.argv[0] == "./agree")
    assert "-timeout=90" in fuzz.argv  # a program knows a hang itself


def test_what_parts_the_programs_is_a_disagreement(pair: OwnPair) -> None:
    record = pair.agree(both(pair, TARGET + b"slip"), Tools(answers=PARTS), (CORPUS, NATIVE))
    assert record.exit_code == 1
    assert [one.what for row in record.rows for one in row.disagreements] == [What.ACCEPTANCE, What.ACCEPTANCE]


@pytest.mark.parametrize("slip", [b"", b"slip"])
def test_it_is_called_by_its_own_name_and_is_no_twin(pair: OwnPair, tmp_path: Path, slip: bytes) -> None:
    record = pair.agree(both(pair, TARGET + slip), Tools(answers=PARTS))
    stream = io.StringIO()
    render_agreement(record, make_console(stream, is_terminal=False))
    told = {path.name: path.read_text() for path in write_agreement(record, tmp_path / "out", pair.store.get_blob)}
    told["console"] = stream.getvalue()
    for name in ("console", "agreement.json", "agreement-junit.xml", "agreement.md", "agreement.html"):
        assert "tiny" in told[name], name
    called = re.compile(r'(?<!")twin|unpatched', re.IGNORECASE)  # the format has a field "twins", which is empty here
    assert not [name for name, text in told.items() if called.search(text)]
    assert (
        {row.subject for row in record.rows}
        == {one.subject for row in record.rows for one in row.campaigns}
        == {"tiny"}
    )
    suites = [suite.get("name") for suite in ET.fromstring(told["agreement-junit.xml"]).iter("testsuite")]
    assert suites == ["tiny", "tiny: controls"]


def test_a_stored_campaign_has_the_name_of_today(pair: OwnPair) -> None:
    built = both(pair)
    pair.agree(built, Tools(), (NATIVE,))
    again = pair.agree(built, Tools(executed=0), (NATIVE,), subject="renamed")  # would be an error, were it run
    assert [one.subject for row in again.rows for one in row.campaigns] == ["renamed"]


def test_a_corpus_that_is_not_read_to_its_end_is_3(pair: OwnPair) -> None:
    pair.state.add_units("header", [b"one", b"two"])
    record = pair.agree(both(pair), Tools(reads_all=False), (CORPUS,))
    assert record.exit_code == 3
    assert "1 of 3 units were read" in record.reasons[0]


def test_a_side_that_never_says_anything_is_3(pair: OwnPair) -> None:
    record = pair.agree(both(pair), Tools(answered="fuzzpair: answered cpp 5000 rust 0\n"), (NATIVE,))
    assert record.exit_code == 3
    assert "Rust says something" in record.reasons[0]


def test_a_bad_build_is_not_asked(pair: OwnPair) -> None:
    cpp, rust = pair.program(Language.CPP), pair.program(Language.RUST)
    record = pair.agree(pair.built(cpp, rust, bad=(rust,)), Tools(), (NATIVE,))
    assert record.exit_code == 3
    assert "rust side is a bad build" in record.reasons[0]


def test_a_target_of_one_side_alone_is_told_of(pair: OwnPair) -> None:
    built = pair.built(*both(pair).programs, pair.program(Language.CPP, target="other"))
    plan = OwnPlan(subject="tiny", built=built, store=pair.store)
    assert (plan.targets(), plan.alone()) == (("header",), ("other",))


def test_the_address_sanitizer_s_program_is_asked(pair: OwnPair) -> None:
    undefined = pair.program(Language.CPP, TARGET + b"u", Flavour.UNDEFINED)
    plan = OwnPlan(subject="tiny", built=pair.built(undefined, *both(pair).programs), store=pair.store)
    (compared,) = plan.twins(("header",))
    assert compared.cpp == program_side_job(pair.program(Language.CPP), pair.store)


def test_a_side_is_the_go_between_and_what_the_build_left(pair: OwnPair) -> None:
    program, sandbox = pair.program(Language.CPP), FakeSandbox(Tools())
    side = program_side_job(program, pair.store).run(sandbox, pair.store)
    assert isinstance(side, Side)
    assert {path for path, _ in side.files} == {"cpp/header_fuzzer", "cpp/data.bin", f"cpp/{PRELOADED}"}
    compiled = next(one.argv for one in sandbox.commands if "program_side.c" in one.argv)
    (env,) = (part for part in compiled if part.startswith("-DSIDE_ENV="))
    assert '"FUZZPAIR_ENTRY=1230"' in env
    assert "detect_leaks=0" in env
    assert "-DSIDE_DESCRIBES" not in compiled


def test_a_program_with_a_describe_of_its_own_is_asked_for_that(pair: OwnPair) -> None:
    content = elf({"LLVMFuzzerTestOneInput": 0x10, "fuzzpair_describe_cpp": 0x20})
    sandbox = FakeSandbox(Tools())
    program_side_job(pair.program(Language.CPP, content), pair.store).run(sandbox, pair.store)
    compiled = next(one.argv for one in sandbox.commands if "program_side.c" in one.argv)
    assert "-DSIDE_DESCRIBES" in compiled
    assert any('"FUZZPAIR_DESCRIBE=20"' in part for part in compiled)


def test_a_stripped_program_is_a_row_with_a_problem(pair: OwnPair) -> None:
    record = pair.agree(both(pair, b"no program at all"), Tools(), (NATIVE,))
    assert record.exit_code == 3
    assert "stripped" in record.rows[0].problem


def test_the_section_names_both_twins_or_neither(pair: OwnPair) -> None:
    text = (pair.root / "pipeline.yml").read_text()
    (pair.root / "pipeline.yml").write_text(text + "  cpp: c/build.sh\n")
    with pytest.raises(ConfigError, match="'rust'"):
        load_config(pair.root / "pipeline.yml")


def test_a_file_that_describes_is_of_twins_and_a_target_has_its_own(pair: OwnPair) -> None:
    text = (pair.root / "pipeline.yml").read_text()
    (pair.root / "pipeline.yml").write_text(f"{text}  cpp: c/describe.cpp\n  rust: rust/describe.rs\n")
    with pytest.raises(ConfigError, match=r"^pipeline.yml:8: 'cpp' and 'rust' .* targets define fuzzpair_describe_cpp"):
        load_config(pair.root / "pipeline.yml")


def test_a_wish_for_a_pair_of_one_s_own(pair: OwnPair) -> None:
    config = load_config(pair.root / "pipeline.yml")
    wish = AgreeWish(agreement=agreement_of(config), engines=(), mistakes=(), runs=None, seconds=None, slices=1)
    wish.check(config)
    assert wish.names() == (CORPUS, NATIVE)
    assert wish.image() == shipped_recipe("atheris")
    with pytest.raises(UsageError, match="planted"):
        replace(wish, mistakes=("exclusive-range",)).check(config)
