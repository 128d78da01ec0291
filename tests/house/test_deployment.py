"""What Docker, Compose, Kubernetes and Heroku are told: linted, and nothing is named that is not there."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from middleware.settings import Settings

ROOT = Path(__file__).parents[2]
SETTINGS = {name.upper(): field for name, field in Settings.model_fields.items()}
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
NODES = {name: service for name, service in COMPOSE["services"].items() if service.get("image") == "flex-relay"}
KUBERNETES = list(yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text()))
APP = json.loads((ROOT / "app.json").read_text())
IMAGE = r"[a-z0-9-]+(:[\w.-]+)?"
"""An image of the default registry: no host before it."""


def program(name: str) -> Path:
    """A program of the development requirements; the test skips where the platform has none."""
    found = Path(sys.executable).parent / name
    if not found.exists():
        pytest.skip(f"{name} is not made for this platform.")
    return found


def kind(name: str) -> Any:
    return next(thing for thing in KUBERNETES if thing["kind"] == name)


def images() -> set[str]:
    """Every image that is named anywhere."""
    dockerfile = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    pods = kind("Deployment")["spec"]["template"]["spec"]["containers"]
    return {
        *dockerfile,
        *(service["image"] for service in COMPOSE["services"].values()),
        *(pod["image"] for pod in pods),
    }


def test_the_dockerfile_passes_its_linter() -> None:
    """Hadolint knows what goes wrong in images."""
    done = subprocess.run([program("hadolint"), ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stdout)


def test_the_kubernetes_manifests_fit_their_schemas() -> None:
    """A field that is misspelt is left out in silence by some clusters."""
    validate = [str(program("kubernetes-validate")), "--strict", "--no-warn", str(ROOT / "deploy/kubernetes.yaml")]
    done = subprocess.run(validate, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr


def test_no_registry_is_named() -> None:
    """Whoever has a mirror of their own sets it in one place."""
    assert [] == [image for image in images() if not re.fullmatch(IMAGE, image)]


def test_the_image_runs_as_nobody_in_particular() -> None:
    """Root in a container is root on many hosts."""
    last = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]\d+$", last, re.MULTILINE)
    context = kind("Deployment")["spec"]["template"]["spec"]["securityContext"]
    assert (f"USER {context['runAsUser']}" in last, True) == (True, context["runAsNonRoot"])


def test_the_build_context_holds_what_is_copied_and_no_more() -> None:
    """No secret of a checkout, no test and no history gets into an image."""
    lines = (ROOT / ".dockerignore").read_text().split()
    assert "*" == lines[0]
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    wanted = {source.partition("/")[0] for sources in copied for source in sources.split()}
    assert wanted == {line[1:] for line in lines if line.startswith("!")}
    assert "static/dist" in lines, "what is built is built in the image"


@pytest.mark.parametrize("name", NODES)
def test_composes_nodes_are_told_settings_that_there_are(name: str) -> None:
    """And each its own name."""
    environment = NODES[name]["environment"]
    assert set() == set(environment) - set(SETTINGS)
    assert name == environment["NODE"]
    assert {"DATABASE_URL", "REDIS_URL", "TRUSTED_PROXIES"} <= set(environment)
    assert int(environment["DRAIN_SECONDS"]) + 8 < int(NODES[name]["stop_grace_period"].removesuffix("s"))


def test_nginx_stands_before_every_node_of_compose() -> None:
    """One that is forgotten has no visitors, and nobody notices until the other is gone."""
    servers = re.findall(r"^\s+server ([\w-]+):(\d+) ", (ROOT / "deploy/nginx.conf").read_text(), re.MULTILINE)
    assert [(name, node["environment"]["PORT"]) for name, node in NODES.items()] == servers
    mounted = COMPOSE["services"]["nginx"]["volumes"][0].partition(":")[0]
    assert (ROOT / mounted).is_file()


def test_kubernetes_tells_settings_that_there_are_and_all_that_must_be() -> None:
    """What is missing would be told by the server, at three in the morning."""
    told = {**kind("ConfigMap")["data"], **kind("Secret")["stringData"]}
    (container,) = kind("Deployment")["spec"]["template"]["spec"]["containers"]
    told |= {entry["name"]: entry for entry in container["env"]}
    assert set() == set(told) - set(SETTINGS)
    assert set() == {name for name, field in SETTINGS.items() if field.is_required()} - set(told)
    grace = kind("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert int(told["DRAIN_SECONDS"]) + 8 < grace
    probes = [container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")]
    assert ["/live", "/live", "/ready"] == probes


def test_secrets_are_in_the_secret() -> None:
    """Not where everybody of the cluster may read them."""
    secret = {name for name, field in SETTINGS.items() if "SecretStr" in str(field.annotation)}
    assert set() == secret & set(kind("ConfigMap")["data"])
    assert set() == set(kind("Secret")["stringData"]) - secret


def test_herokus_button_asks_for_what_there_is_in_the_settings_own_words() -> None:
    """Every setting that must be is asked for, none that there is not."""
    asked = APP["env"]
    assert {name: entry["description"] for name, entry in asked.items()} == {
        name: SETTINGS[name].description for name in asked
    }
    assert set() == {name for name, field in SETTINGS.items() if field.is_required()} - set(asked)
    for name, entry in asked.items():
        if not SETTINGS[name].is_required():
            assert "value" in entry or entry["required"] is False, name


def test_heroku_builds_the_browsers_files_first() -> None:
    """Node makes them, Python serves them; what builds them is no development dependency, which Heroku takes away."""
    assert ["heroku/nodejs", "heroku/python"] == [pack["url"] for pack in APP["buildpacks"]]
    package = json.loads((ROOT / "package.json").read_text())
    imported = {
        name
        for file in (ROOT / "static").glob("*.js")
        for name in re.findall(r'from "((?:@[\w-]+/)?[\w.-]+)', file.read_text())
        if not name.startswith(("node:", "."))
    }
    assert imported
    assert set() == {name for name in imported if not name.startswith("node")} - set(package["dependencies"])
