"""Carries out the steps of a Dockerfile in trees that debootstrap made, with ``chroot``."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

from support.dockerfile import Dockerfile, Instruction, Stage

_MOUNTS = """
for folder in proc dev sys; do mount --rbind /$folder "$0/$folder"; done
mkdir -p "$0/run/certificates"
mount --bind /etc/ssl/certs "$0/run/certificates"
exec chroot "$@"
"""
"""In a mount namespace of its own, so that nothing stays mounted."""

PYDS_WHEEL = "/pyds-1.2.0-py3-none-any.whl"
"""In the trees that stand in for NVIDIA's images."""

_CERTIFICATES = "/run/certificates/ca-certificates.crt"
"""Those of this machine, which may know the registries under another name."""


def debian(release: str) -> Path:
    """A packed tree of that release, made once and kept with the caches."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pythia-tests"
    packed = cache / f"{release}.tar"
    if not packed.exists():
        tree = cache / release
        shutil.rmtree(tree, ignore_errors=True)
        subprocess.run(["debootstrap", "--variant=minbase", release, tree], check=True)
        subprocess.run(["tar", "-C", tree, "-cf", f"{packed}.part", "."], check=True)
        Path(f"{packed}.part").rename(packed)
        shutil.rmtree(tree)
    return packed


class Image:
    """A tree with what the Dockerfile says of the program in it."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self.environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        self.user = "0"
        self.folder = "/"
        self.entrypoint: list[str] = []
        self.command: list[str] = []

    def copy(self, tree: Path) -> Image:
        subprocess.run(["cp", "-a", "--reflink=auto", self.tree, tree], check=True)
        image = Image(tree)
        image.environment = dict(self.environment)
        image.user, image.folder = self.user, self.folder
        image.entrypoint, image.command = self.entrypoint, self.command
        return image

    def start(self, words: Sequence[str], **variables: str) -> subprocess.Popen[str]:
        """Start words as the image's user; the process is that of the first word."""
        script = f'cd "{self.folder}" && exec "$@"'
        return subprocess.Popen(
            [
                *("unshare", "--mount", "sh", "-c", _MOUNTS, str(self.tree)),
                *(f"--userspec={self.user}:{self.user}", str(self.tree)),
                *("sh", "-c", script, "sh", *words),
            ],
            env={**self.environment, "HOME": "/tmp", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """What ``docker run IMAGE words`` does."""
        with self.start([*self.entrypoint, *(words or self.command)], **variables) as process:
            out, error = process.communicate()
        return subprocess.CompletedProcess(words, process.returncode, out, error)


class Builder:
    """Builds the stages of a Dockerfile from a packed tree."""

    def __init__(self, dockerfile: Dockerfile, context: Path, base: Path, folder: Path) -> None:
        self.dockerfile = dockerfile
        self.arguments: dict[str, str] = {}
        self.context = context
        self.base = base
        self.folder = folder
        self.images: dict[str, Image] = {}

    def build(self, name: str) -> Image:
        """The image of a stage, with the stages that it needs."""
        if name not in self.images:
            stage = self.dockerfile.stage(name)
            image = self._based_on(stage, self.folder / name)
            self.images[name] = image
            values: dict[str, str] = {}
            for instruction in stage.instructions:
                self._carry_out(instruction, image, values)
        return self.images[name]

    def _based_on(self, stage: Stage, tree: Path) -> Image:
        if any(each.name == stage.base for each in self.dockerfile.stages):
            return self.build(stage.base).copy(tree)
        tree.mkdir(parents=True)
        subprocess.run(["tar", "-C", tree, "-xpf", self.base], check=True)
        if not stage.base.startswith("debian:"):
            _add_nvidias(tree)
        shutil.copy("/etc/resolv.conf", tree / "etc/resolv.conf")
        return Image(tree)

    def _carry_out(self, step: Instruction, image: Image, values: dict[str, str]) -> None:
        if step.name == "ARG":  # one that is not declared in the stage has no value there
            name, _, default = step.text.partition("=")
            known = {name: default, **self.dockerfile.arguments, **self.arguments}
            values[name] = known[name]
        elif step.name == "COPY":
            self._copy(step.words, image)
        elif step.name == "RUN":
            words = step.words if step.is_json else ["sh", "-c", step.text]
            _check_run(image, words, values)
        elif step.name == "ENV":
            pairs = (word.partition("=") for word in shlex.split(step.text))
            image.environment |= {n: _expand(v, image.environment) for n, _, v in pairs}
        elif step.name == "USER":
            image.user = step.text
        elif step.name == "WORKDIR":
            image.folder = step.text
        elif step.name == "ENTRYPOINT":
            image.entrypoint = step.words
        elif step.name == "CMD":
            image.command = step.words
        else:
            assert step.name in ("LABEL", "VOLUME", "STOPSIGNAL", "HEALTHCHECK"), step

    def _copy(self, words: list[str], image: Image) -> None:
        *sources, target = words
        place = image.tree / target.lstrip("/")
        if sources[0].startswith("--from="):
            other = self.build(sources.pop(0).removeprefix("--from="))
            subprocess.run(["cp", "-a", other.tree / sources[0].lstrip("/"), place], check=True)
            return
        place.mkdir(parents=True, exist_ok=True)
        for source in sources:
            # Of a folder, what is in it, as Docker does.
            names = (
                sorted((self.context / source).iterdir())
                if (self.context / source).is_dir()
                else [source]
            )
            subprocess.run(["cp", "-r", *names, place], cwd=self.context, check=True)


def _add_nvidias(tree: Path) -> None:
    """What stands in for NVIDIA's image: the script that our steps call, and a wheel of pyds."""
    script = tree / "opt/nvidia/deepstream/deepstream/user_additional_install.sh"
    script.parent.mkdir(parents=True)
    script.write_text("echo codecs >>/codecs\n")
    with zipfile.ZipFile(tree / PYDS_WHEEL.lstrip("/"), "w") as wheel:
        wheel.writestr("pyds.py", "class NvDsBatchMeta: ...\n__version__ = '1.2.0'\n")
        about = "pyds-1.2.0.dist-info"
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: pyds\nVersion: 1.2.0\n")
        wheel.writestr(f"{about}/RECORD", "")


def _check_run(image: Image, words: list[str], values: dict[str, str]) -> None:
    passed = {n: v for n, v in os.environ.items() if re.match("(?i)https?_proxy|PIP_INDEX_URL", n)}
    if Path("/etc/ssl/certs/ca-certificates.crt").exists():
        passed["PIP_CERT"] = _CERTIFICATES
    with image.start(words, **values, **passed) as process:
        out, error = process.communicate()
    assert process.returncode == 0, f"{shlex.join(words)}\n{out}\n{error}"


def _expand(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$(\w+)", lambda match: values[match[1]], text)
