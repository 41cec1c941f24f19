"""examples/cluster: what its files say fits together, and its README tells it."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from pages import ROOT, blocks

from engine.config import Settings

FOLDER = ROOT / "examples/cluster"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
REPLICAS = {name: service for name, service in COMPOSE["services"].items() if name.startswith("ringflow")}
HAPROXY = (FOLDER / "haproxy.cfg").read_text(encoding="utf-8")
DOCKERFILE = (FOLDER / "Dockerfile").read_text(encoding="utf-8")


def test_compose_file_is_as_the_compose_specification_says():
    """Source of the schema: github.com/compose-spec/compose-spec, 170098b, Apache-2.0."""
    schema = json.loads((ROOT / "tests/docs/compose-spec.json").read_text(encoding="utf-8"))

    assert [error.message for error in Draft7Validator(schema).iter_errors(COMPOSE)] == []


def test_there_are_three_replicas_and_the_balancer_knows_them():
    servers = re.findall(r"^ +server (\S+) (\S+)$", HAPROXY, re.MULTILINE)

    assert len(REPLICAS) == 3
    assert servers == [(name, f"{name}:8080") for name in REPLICAS]


def test_only_the_balancer_has_a_port():
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["balancer"]


@pytest.mark.parametrize("name", REPLICAS)
def test_settings_of_a_replica_are_taken(name: str):
    secrets = {f"/run/secrets/{secret}": f"value-of-{secret}" for secret in REPLICAS[name]["secrets"]}
    secrets["/run/secrets/database_url"] = "postgresql://ringflow:word@database/ringflow"
    secrets["/run/secrets/telnyx_public_key"] = "HIDa6J0OPlf2WhZXZpo2QJoaQWZ5eX4NbDgWiVMlL98="

    read = Settings.from_environment(REPLICAS[name]["environment"], read_file=secrets.__getitem__, for_serve=True)

    assert read.warnings == ()
    assert read.telnyx_api_key == "value-of-telnyx_api_key"
    assert read.database == "postgresql://ringflow:word@database/ringflow"
    assert [volume for volume in REPLICAS[name]["volumes"] if volume.endswith(f":{read.flows}:ro")]
    assert seconds(REPLICAS[name]["stop_grace_period"]) > 10
    assert REPLICAS[name]["restart"] == "unless-stopped"


def test_no_secret_stands_in_the_files_and_the_readme_writes_each():
    used = {secret for service in COMPOSE["services"].values() for secret in service.get("secrets", [])}
    written = set(re.findall(r"> secrets/(\w+)$", README, re.MULTILINE))

    assert used == set(COMPOSE["secrets"]) == written
    assert all(secret == {"file": f"./secrets/{name}"} for name, secret in COMPOSE["secrets"].items())
    assert "secrets/" in (FOLDER / ".gitignore").read_text(encoding="utf-8").split()


def test_haproxy_takes_its_configuration():
    if shutil.which("haproxy") is None:
        pytest.skip("SKIPPED: haproxy.cfg is checked by HAProxy; on Debian and Ubuntu: apt-get install haproxy")

    done = subprocess.run(["haproxy", "-c", "-f", FOLDER / "haproxy.cfg"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr


def test_the_image_runs_as_an_ordinary_user_and_gets_only_what_it_needs():
    instructions = [line.split(maxsplit=1) for line in DOCKERFILE.splitlines() if re.match("[A-Z]", line)]
    last_stage = instructions[[word for word, _ in instructions].index("FROM", 1) :]
    copied = [words.split()[:-1] for word, words in instructions if word == "COPY" and not words.startswith("--from")]
    let_in = re.findall("^!(.+)$", (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8"), re.MULTILINE)

    assert ["USER", "ringflow"] in last_stage
    assert "HEALTHCHECK" in [word for word, _ in last_stage]
    assert sorted(name for names in copied for name in names) == sorted(let_in)


def test_the_healthcheck_of_the_image_is_a_program():
    [command] = re.findall(r"^    CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)

    program, option, code = json.loads(command)

    assert (program, option) == ("python", "-c")
    assert "/readyz" in ast.unparse(ast.parse(code))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_the_image_gets_is_enough_to_build_it(tmp_path):
    for name in re.findall("^!(.+)$", (FOLDER / "Dockerfile.dockerignore").read_text(), re.MULTILINE):
        whole = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        whole(ROOT / name, tmp_path / name)

    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", tmp_path / "wheels", tmp_path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "wheels").glob("ringflow-*.whl"))) == 1


def test_every_option_of_the_program_is_in_the_readme():
    told = subprocess.run(
        [sys.executable, FOLDER / "cluster.py", "--help"], capture_output=True, text=True, check=True
    ).stdout
    options = set(re.findall(r"^  (--\w+)", told, re.MULTILINE))
    choices = {
        f"{option} {word}"
        for option, words in re.findall(r"^  (--\w+) {(.+?)}", told, re.MULTILINE)
        for word in words.split(",")
    }
    named = set(re.findall(r"`(--[^`]+)`", README))

    assert {name.split()[0] for name in named} == options
    assert choices <= named


def test_the_commands_of_the_readme_name_what_there_is():
    commands: Any = "\n".join(block.text for block in blocks(FOLDER / "README.md") if block.what.startswith("console"))
    services = set(re.findall(r"docker compose (?:logs|exec)(?: --\w+)* (\w+)", commands))

    assert services == {"balancer", "ringflow1"}
    assert set(re.findall(r"(?:FLOWS|PORT)(?==)", commands)) == set(
        re.findall(r"\$\{(\w+):-", (FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    )
    assert [path for path in re.findall(r"examples/cluster/\S+", commands) if not (ROOT / path).exists()] == []


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))
