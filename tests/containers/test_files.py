"""docker-compose.yml, the dev container and the Kubernetes example, by schema and by our rules."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pythia import samples
from pythia.event_stream import open_stream
from support.dockerfile import Dockerfile

MANIFESTS = ("common", "portable", "gpu")


@pytest.fixture(scope="module")
def compose(root: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((root / "docker-compose.yml").read_text())
    return loaded


def manifests(root: Path, name: str) -> list[dict[str, Any]]:
    text = (root / "deploy" / "kubernetes" / f"{name}.yaml").read_text()
    return list(yaml.safe_load_all(text))


def pod(root: Path, name: str) -> dict[str, Any]:
    (deployment,) = manifests(root, name)
    found: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return found


def test_compose_is_valid_by_its_schema(root: Path) -> None:
    pytest.importorskip("check_jsonschema", reason="needs pip install 'pythiags[containers]'")

    schema = ("--builtin-schema", "vendor.compose-spec")

    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema, "docker-compose.yml"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_images_of_compose_are_official_and_of_a_fixed_version(compose: dict[str, Any]) -> None:
    images = {name: s["image"] for name, s in compose["services"].items() if "build" not in s}

    assert set(images) == {"kafka", "redis"}
    assert all(re.fullmatch(r"(apache/kafka|redis):\d+\.\d+\.\d+.*", i) for i in images.values())


def test_the_demo_waits_for_servers_that_answer(compose: dict[str, Any]) -> None:
    services = compose["services"]

    for name, condition in services["demo"]["depends_on"].items():
        assert condition == {"condition": "service_healthy"}
        assert services[name]["healthcheck"]["test"][0] == "CMD"


def test_ports_are_open_to_this_machine_only(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]

    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_demo_is_built_from_what_is_there(
    compose: dict[str, Any], root: Path, dockerfile: Dockerfile
) -> None:
    demo = compose["services"]["demo"]

    assert dockerfile.stage(demo["build"]["target"])
    folder, place, _ = demo["volumes"][0].split(":")
    assert (root / folder / demo["command"][1].removeprefix(f"{place}/")).exists()
    assert demo["volumes"][1] == f"spool:{dockerfile.stage('portable').of('VOLUME')[0].text}"


def test_the_streams_of_the_demo_can_be_opened(compose: dict[str, Any]) -> None:
    variables = compose["services"]["demo"]["environment"]

    schemes = [
        open_stream(variables[name]).uri.scheme for name in ("DEMO_KAFKA_URI", "DEMO_REDIS_URI")
    ]
    assert schemes == ["kafka", "redis"]


def test_the_dev_container_builds_a_target_that_exists(root: Path, dockerfile: Dockerfile) -> None:
    folder = root / ".devcontainer"
    settings = json.loads((folder / "devcontainer.json").read_text())

    assert dockerfile.stage(settings["build"]["target"])
    assert (folder / settings["build"]["dockerfile"]).resolve() == root / "docker" / "Dockerfile"
    assert (folder / settings["build"]["context"]).resolve() == root
    assert (root / settings["postCreateCommand"]).exists()


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifests_are_valid_by_the_schema_of_kubernetes(root: Path, name: str) -> None:
    validate = pytest.importorskip(
        "kubernetes_validate", reason="needs pip install 'pythiags[containers]'"
    )

    for manifest in manifests(root, name):
        validate.validate(manifest, validate.latest_version(), strict=True)


@pytest.mark.parametrize("name", ["portable", "gpu"])
def test_a_pod_may_do_little(root: Path, name: str) -> None:
    found = pod(root, name)
    (container,) = found["containers"]

    assert found["securityContext"]["runAsNonRoot"] is True
    assert found["automountServiceAccountToken"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert not container["image"].endswith(":latest")
    assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("name", ["portable", "gpu"])
def test_a_pod_has_what_it_mounts_and_names(root: Path, name: str) -> None:
    common = {(m["kind"], m["metadata"]["name"]): m for m in manifests(root, "common")}
    found = pod(root, name)
    (container,) = found["containers"]

    assert {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in found["volumes"]}
    for volume in found["volumes"]:
        claim = volume.get("persistentVolumeClaim")
        assert claim is None or ("PersistentVolumeClaim", claim["claimName"]) in common
    secret = common["Secret", "pythia-street"]["stringData"]
    for variable in container["env"]:
        if "valueFrom" in variable:
            assert variable["valueFrom"]["secretKeyRef"]["key"] in secret


@pytest.mark.parametrize("name", ["portable", "gpu"])
def test_a_pod_is_started_and_stopped_in_time(root: Path, name: str) -> None:
    (container,) = pod(root, name)["containers"]

    startup = container["startupProbe"]
    command = ["/usr/local/lib/pythia/healthcheck.sh"]
    assert startup["exec"]["command"] == container["livenessProbe"]["exec"]["command"] == command
    assert startup["periodSeconds"] * startup["failureThreshold"] >= (900 if name == "gpu" else 60)
    assert pod(root, name)["terminationGracePeriodSeconds"] > 10


def test_the_pipeline_of_the_pods_is_one(root: Path, tmp_path: Path) -> None:
    config, secret, *_ = manifests(root, "common")
    for name, text in config["data"].items():
        (tmp_path / name).write_text(text)
    sample = str(samples.path("config_infer_primary.txt"))
    arguments = [
        word.replace("/etc/pythia", str(tmp_path))
        .replace("$(CAMERA)", secret["stringData"]["camera"])
        .replace("/opt/pythia/lib/python3.11/site-packages/pythia/samples/data", str(_data(sample)))
        for word in pod(root, "portable")["containers"][0]["args"]
    ]
    assert f"--pgie-conf={sample}" in arguments

    done = subprocess.run(
        [sys.executable, "-m", "pythia.cli.gst_pylaunch", "--check", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert open_stream(secret["stringData"]["events"]).uri.stream == "detections"


def _data(sample: str) -> Path:
    return Path(sample).parents[2]


def test_the_demo_sends_to_both_and_ends_in_order(root: Path, tmp_path: Path) -> None:
    counts, alive = tmp_path / "counts.jsonl", tmp_path / "alive"
    variables = {
        "DEMO_KAFKA_URI": "log://?stream=stdout",
        "DEMO_REDIS_URI": f"file://{counts}",
        "PYTHIA_HEALTH_FILE": str(alive),
    }

    with subprocess.Popen(
        [sys.executable, root / "docker/demo/detections.py"],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        events = [json.loads(demo.stdout.readline()) for _ in range(3)]
        demo.send_signal(signal.SIGTERM)
        rest = demo.stdout.read().splitlines()

    assert demo.returncode == 0
    assert all(set(event) == {"frame_num", "label", "box", "confidence"} for event in events)
    last = json.loads((rest or [json.dumps(events[-1])])[-1])["frame_num"]
    assert len(counts.read_text().splitlines()) >= last
    assert alive.exists()
