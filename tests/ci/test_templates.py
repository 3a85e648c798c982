"""The CI templates: what the systems' own schemas say of them, and the rights that they ask for."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema_rs import validator_for

from published_schemas import published

CI = Path(__file__).parents[2] / "ci"
GITLAB = "https://gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci.json"
SCHEMAS = {
    "github/action.yml": "https://json.schemastore.org/github-action.json",
    "github/fuzzpair.yml": "https://json.schemastore.org/github-workflow.json",
    "gitlab/fuzzpair.gitlab-ci.yml": GITLAB,
}
PINNED = re.compile(r"[\w./-]+@([0-9a-f]{40}|COMMIT)")


def load(name: str) -> Any:
    """YAML 1.2's `on`: PyYAML would read the key as true."""

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML has it
            first: [(tag, pattern) for tag, pattern in pairs if first not in ("o", "O")]
            for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    return yaml.load((CI / name).read_text(encoding="utf-8"), Loader)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_template_is_what_its_systems_schema_says(name: str) -> None:
    validator = validator_for(published(SCHEMAS[name]), ignore_unknown_formats=True)
    assert [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(load(name))] == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_would_object_to_a_wrong_key(name: str) -> None:
    document = load(name)
    broken = next(iter(document.get("jobs", {}).values()), None) or document.get("runs") or document["fuzzpair:change"]
    broken["artefacts"] = {"steps": 3}
    assert not validator_for(published(SCHEMAS[name]), ignore_unknown_formats=True).is_valid(document)


def test_every_template_is_checked() -> None:
    assert {str(path.relative_to(CI)) for path in CI.rglob("*.yml")} == set(SCHEMAS)


def steps() -> list[dict[str, Any]]:
    jobs = load("github/fuzzpair.yml")["jobs"]
    return [*(step for job in jobs.values() for step in job["steps"]), *load("github/action.yml")["runs"]["steps"]]


def test_every_action_is_pinned_to_a_commit() -> None:
    used = [step["uses"] for step in steps() if "uses" in step]
    assert len(used) >= 6
    assert [one for one in used if not PINNED.fullmatch(one)] == []


def test_a_job_may_read_the_code_and_write_findings_and_no_more() -> None:
    workflow = load("github/fuzzpair.yml")
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read", "security-events": "write"}
        checkout = job["steps"][0]["with"]
        assert checkout["persist-credentials"] is False


def test_nothing_that_a_proposal_can_choose_is_text_of_a_script() -> None:
    for step in steps():
        assert "${{" not in step.get("run", "")
    assert "pull_request_target" not in (CI / "github/fuzzpair.yml").read_text(encoding="utf-8").replace("#", "")


def test_reports_and_state_are_kept_of_a_run_that_found_something() -> None:
    by_name = {step.get("name"): step for step in load("github/action.yml")["runs"]["steps"]}
    for name in ("Keep the state", "Keep the reports", "Findings to code scanning"):
        assert by_name[name]["if"].startswith("always()")
    assert "nightly" in by_name["Keep the state"]["if"]
    gitlab = load("gitlab/fuzzpair.gitlab-ci.yml")
    assert gitlab[".fuzzpair"]["artifacts"]["when"] == "always"
    assert gitlab["fuzzpair:change"]["cache"]["policy"] == "pull"
    assert (gitlab["fuzzpair:nightly"]["cache"]["policy"], gitlab["fuzzpair:nightly"]["cache"]["when"]) == (
        "pull-push",
        "always",
    )


def test_the_names_of_reports_are_those_that_the_stage_leaves() -> None:
    script = (CI / "stage.sh").read_text(encoding="utf-8")
    for name in ("junit.xml", "results.sarif", "summary.md"):
        assert name in script
    assert (
        load("gitlab/fuzzpair.gitlab-ci.yml")[".fuzzpair"]["artifacts"]["reports"]["junit"] == "fuzzpair-out/junit.xml"
    )


FAKE = """#!/bin/sh
printf '%s\\n' "$@" > arguments
mkdir -p fuzzpair-out
for name in junit.xml results.sarif summary.md; do echo "of $name" > "fuzzpair-out/$name"; done
exit "$CODE"
"""


@pytest.mark.parametrize(("code", "restored"), [(0, "fuzzpair-state-1"), (1, "fuzzpair-state-1"), (3, "")])
def test_the_composite_actions_script_runs_the_stage_with_its_inputs(tmp_path: Path, code: int, restored: str) -> None:
    (step,) = (step for step in load("github/action.yml")["runs"]["steps"] if "run" in step)
    fake = tmp_path / "fuzzpair"
    fake.write_text(FAKE)
    fake.chmod(0o755)
    inputs = {
        "VERB": "change",
        "CONFIG": "a b.yml",
        "BASE": "$(touch x)",
        "STATE": ".state",
        "STAGE": CI / "stage.sh",
        "RESTORED": restored,
    }
    assert set(step["env"]) - {"FUZZPAIR_OUT"} == set(inputs)
    environ = {
        **{name: str(value) for name, value in inputs.items()},
        "PATH": os.environ["PATH"],
        "FUZZPAIR": str(fake),
        "FUZZPAIR_OUT": step["env"]["FUZZPAIR_OUT"],
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "CODE": str(code),
    }
    argv = [step["shell"], "-e", "-c", step["run"]]
    done = subprocess.run(argv, cwd=tmp_path, env=environ, check=False, capture_output=True, text=True)
    assert done.returncode == code
    assert ("::warning::" in done.stdout) == (not restored)
    assert (tmp_path / "arguments").read_text().splitlines() == [
        *("change", "--out", "fuzzpair-out", "--config", "a b.yml", "--state", ".state", "--base", "$(touch x)"),
    ]
    assert (tmp_path / "summary").read_text() == "of summary.md\n"
    assert (tmp_path / "output").read_text() == f"exit-code={code}\n"
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("job", ["fuzzpair:change", "fuzzpair:nightly"])
def test_gitlabs_script_runs_the_stage(tmp_path: Path, job: str) -> None:
    (line,) = load("gitlab/fuzzpair.gitlab-ci.yml")[job]["script"]
    fake = tmp_path / "fuzzpair"
    fake.write_text(FAKE)
    fake.chmod(0o755)
    environ = {
        "PATH": os.environ["PATH"],
        "FUZZPAIR": str(fake),
        "FUZZPAIR_OUT": "fuzzpair-out",
        "FUZZPAIR_CONFIG": "my.yml",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": "abc",
        "CODE": "1",
    }
    line = line.replace("/opt/fuzzpair", str(CI.parent))
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=environ, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "of summary.md" in done.stdout
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments[0] == job.removeprefix("fuzzpair:")
    assert ("--base" in arguments) == (job == "fuzzpair:change")
