"""The GPU, its driver, CUDA, DeepStream and its Python bindings."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pythia.bindings import HOME, bindings_of
from pythia.doctor.check import Check, apt
from pythia.doctor.gstreamer import registry

SECTION = "NVIDIA"
ROOT = Path("/opt/nvidia/deepstream/deepstream")
GUIDE = "https://docs.nvidia.com/metropolis/deepstream/dev-guide/text/DS_Installation.html"

ELEMENTS = (
    *("nvstreammux", "nvinfer", "nvvideoconvert", "nvv4l2decoder", "nvdsosd", "nvtracker"),
    *("nvdsanalytics", "nvmultistreamtiler", "nvstreamdemux", "nvurisrcbin", "nvmsgconv"),
    "nvmsgbroker",
)
"""Elements of DeepStream that pipelines use."""
_ENCODER = "nvv4l2h264enc"
FACTORIES = (*ELEMENTS, _ENCODER)

_WITHOUT_ENCODER = re.compile(
    r"\b(A30|A100|A800|H100|H200|H800|GH200|B100|B200|B300|GB200|GB300)\b|Orin Nano"
)
_OLDEST = (6, 4)


class Gpu(NamedTuple):
    """What there is of NVIDIA's hardware.

    Attributes:
        names: Of the GPUs, or of the Jetson module.
        driver: Version of the driver, or of Jetson Linux.
        problem: Why the GPU cannot be used, or empty.
    """

    names: tuple[str, ...] = ()
    driver: str = ""
    problem: str = ""


def gpu(deadline_s: float, root: Path = Path("/")) -> Gpu:
    """Ask ``nvidia-smi``, or the device tree of a Jetson."""
    model = _text(root / "proc/device-tree/model").rstrip("\0")
    if "Jetson" in model or (root / "etc/nv_tegra_release").exists():
        return Gpu((model or "Jetson",), _jetson_linux(_text(root / "etc/nv_tegra_release")))
    command = shutil.which("nvidia-smi")
    if command is None:
        driver = re.search(r"\b\d{3}\.[\d.]+", _text(root / "proc/driver/nvidia/version"))
        if driver is None:
            return Gpu()
        return Gpu(driver=driver[0], problem="the driver is loaded, but nvidia-smi is not here")
    return _ask(command, deadline_s)


def _ask(command: str, deadline_s: float) -> Gpu:
    query = [command, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    limit_s = max(deadline_s - time.monotonic(), 0.1)
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return Gpu(problem=f"nvidia-smi gave no answer within {limit_s:.1f} s")
    except OSError as error:
        return Gpu(problem=f"nvidia-smi cannot be run: {error.strerror}")
    rows = [line.split(", ") for line in done.stdout.splitlines() if ", " in line]
    if done.returncode or not rows:
        lines = (done.stdout + done.stderr).split("\n")
        return Gpu(problem=f"nvidia-smi says: {lines[0] or 'nothing'}")
    return Gpu(tuple(row[0] for row in rows), rows[0][1])


def _jetson_linux(text: str) -> str:
    match = re.search(r"R(\d+)[^,]*, REVISION: ([\d.]+)", text)
    return f"Jetson Linux {match[1]}.{match[2]}" if match else "Jetson Linux"


def installed_version(root: Path = ROOT) -> str:
    """The version of DeepStream in its folder; empty where there is none."""
    match = re.search(r"deepstream-(\d+\.\d+)", root.resolve().name) or re.search(
        r"(\d+\.\d+(\.\d+)*)", _text(root / "version")
    )
    return match[1] if match and root.is_dir() else ""


def registered_version(plugins: Mapping[str, Any]) -> str:
    """The version of NVIDIA's nvinfer in the registry; empty without it, or where it is ours."""
    name, version = plugins.get("nvinfer") or ("", "")
    return str(version) if name == "nvdsgst_infer" else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def checks(
    found: Gpu,
    plugins: Mapping[str, Any],
    libraries: Mapping[str, Any],
    version: str,
    *,
    needed: bool,
) -> Iterator[Check]:
    """Everything of NVIDIA's, judged.

    Args:
        found: What :func:`gpu` said.
        plugins: Factory -> name and version of its plugin, from the probe ``gstreamer``.
        libraries: What the probe ``libraries`` said of pyds and numpy.
        version: Of DeepStream's folder.
        needed: Whether the runtime is to be DeepStream.
    """
    yield _gpu_check(found, needed=needed)
    yield _cuda_check(needed=needed)
    registered = registered_version(plugins)
    numpy = libraries["numpy"].get("version", "")
    yield _deepstream(version or registered, needed=needed)
    if version or registered:
        yield _elements(plugins, needed=needed)
        yield _encoder(found, plugins)
    yield _pyds(libraries["pyds"], numpy, registered or version, needed=needed)


def provider_check(found: Gpu, providers: Sequence[str]) -> Check:
    """Whether the portable runtime uses the GPU that there is."""
    used = [
        name for name in ("TensorrtExecutionProvider", "CUDAExecutionProvider") if name in providers
    ]
    if used:
        return Check(SECTION, "portable runtime", "ok", f"uses the GPU through {', '.join(used)}")
    text = f"does not use {found.names[0]}: ONNX Runtime has no provider for it"
    pip = f"{sys.executable} -m pip"
    remedy = f"{pip} uninstall -y onnxruntime && {pip} install onnxruntime-gpu"
    return Check(SECTION, "portable runtime", "warning", text, remedy)


def _gpu_check(found: Gpu, *, needed: bool) -> Check:
    name = "GPU"
    if found.names:
        text = f"{', '.join(found.names)}; driver {found.driver}"
        return Check(SECTION, name, "ok", text, needed=needed)
    if found.problem:
        remedy = (
            "docker run --gpus all --env NVIDIA_DRIVER_CAPABILITIES=compute,utility,video,graphics "
            "...   # in a container; else reboot after the driver was installed"
        )
        return Check(SECTION, name, "missing", found.problem, remedy, needed)
    remedy = f"{apt('nvidia-driver')}   # Ubuntu: ubuntu-drivers install; container: --gpus all"
    return Check(SECTION, name, "missing", "no NVIDIA GPU or driver", remedy, needed)


def _cuda_check(root: Path = Path("/usr/local/cuda"), *, needed: bool) -> Check:
    version = cuda_version(root)
    if version:
        return Check(SECTION, "CUDA", "ok", f"{version} in {root}", needed=needed)
    found = f"no libraries in {root}"
    remedy = f"{apt('cuda-toolkit')}   # the version that DeepStream asks for: {GUIDE}"
    return Check(SECTION, "CUDA", "missing", found, remedy, needed)


def cuda_version(root: Path) -> str:
    """The version of CUDA in a folder; an image for running has its libraries alone."""
    try:
        return str(json.loads(_text(root / "version.json"))["cuda"]["version"])
    except (ValueError, KeyError, TypeError):
        names = [file.name for file in root.glob("**/libcudart.so.*.*")]
        return max(names, default="").removeprefix("libcudart.so.")


def _deepstream(version: str, *, needed: bool) -> Check:
    name = "DeepStream"
    if not version:
        remedy = (
            "docker build --file docker/Dockerfile --target deepstream --tag pythia:deepstream ."
            f"   # or install it: {GUIDE}"
        )
        return Check(SECTION, name, "missing", f"nothing in {ROOT}", remedy, needed)
    numbers = tuple(int(part) for part in version.split(".")[:2])
    if numbers < _OLDEST:
        found = f"{version} brings Ubuntu 20.04, whose Python 3.8 and GStreamer 1.16 are too old"
        remedy = f"[DeepStream 6.4 or later: {GUIDE}]"
        return Check(SECTION, name, "missing", found, remedy, needed)
    return Check(SECTION, name, "ok", version, needed=needed)


def _elements(plugins: Mapping[str, Any], *, needed: bool) -> Check:
    name = "DeepStream's elements"
    absent = [factory for factory in ELEMENTS if not _is_nvidias(plugins.get(factory))]
    if not absent:
        return Check(SECTION, name, "ok", f"all {len(ELEMENTS)} that are used", needed=needed)
    found = f"DeepStream is installed, but GStreamer knows no {', '.join(absent)}"
    # The cache remembers plugins that once could not be loaded, for instance without a GPU.
    remedy = f"rm -rf {registry()} && gst-inspect-1.0 nvinfer && gst-inspect-1.0 --print-blacklist"
    return Check(SECTION, name, "missing", found, remedy, needed)


def _is_nvidias(plugin: list[str] | None) -> bool:
    return plugin is not None and plugin[:1] not in ([], ["python"])  # whose elements are pythia's


def _encoder(found: Gpu, plugins: Mapping[str, Any]) -> Check:
    without = [name for name in found.names if _WITHOUT_ENCODER.search(name)]
    if without:
        text = f"{without[0]} has no hardware encoder: {_ENCODER} fails"
        remedy = "[in the pipeline: nvvideoconvert ! x264enc instead of nvv4l2h264enc]"
        return Check(SECTION, "hardware encoder", "warning", text, remedy)
    if not _is_nvidias(plugins.get(_ENCODER)):
        remedy = "[in the pipeline: nvvideoconvert ! x264enc instead of nvv4l2h264enc]"
        return Check(SECTION, "hardware encoder", "warning", f"no {_ENCODER}", remedy)
    return Check(SECTION, "hardware encoder", "ok", _ENCODER)


def _pyds(found: Mapping[str, Any], numpy: str, deepstream: str, *, needed: bool) -> Check:
    if found.get("is_nvidias"):
        return _known_pyds(found["version"], numpy, deepstream, needed=needed)
    if "error" not in found:
        text = "another library of that name; NVIDIA's bindings are not on PyPI"
        remedy = f"{sys.executable} -m pip uninstall -y pyds"
        return Check(SECTION, "pyds", "missing", text, f"{remedy} && {_pip(deepstream)}", needed)
    text = "not installed" if found["absent"] else f"cannot be imported: {found['error']}"
    remedy = _how_to_get_pyds(deepstream) if deepstream else "[DeepStream comes first]"
    return Check(SECTION, "pyds", "missing", text, remedy, needed)


def _known_pyds(version: str, numpy: str, deepstream: str, *, needed: bool) -> Check:
    if not numpy.startswith("1."):
        text = f"{version} is built for NumPy 1, this is {numpy or 'none'}"
        remedy = f"{sys.executable} -m pip install 'numpy<2'"
        return Check(SECTION, "pyds", "warning", text, remedy, needed)
    bindings = bindings_of(deepstream)
    if bindings and version and version != bindings.pyds:
        text = f"{version}, which is not made for DeepStream {deepstream}"
        return Check(SECTION, "pyds", "warning", text, _how_to_get_pyds(deepstream), needed)
    return Check(SECTION, "pyds", "ok", version or "imports", needed=needed)


def _how_to_get_pyds(deepstream: str) -> str:
    bindings = bindings_of(deepstream)
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if bindings and bindings.python != here:
        return (
            f"[pyds {bindings.pyds} for DeepStream {deepstream} is built for Python "
            f"{bindings.python}, this is {here}; use that Python, or build it:] {_build()}"
        )
    return _pip(deepstream)


def _pip(deepstream: str) -> str:
    bindings = bindings_of(deepstream)
    if bindings:
        return f"{sys.executable} -m pip install {bindings.wheel(platform.machine())}"
    return _build()


def _build() -> str:
    """NVIDIA's own steps; they need compilers and GStreamer's headers."""
    needed: Sequence[str] = (
        *("git", "cmake", "g++", "python3-dev", "python-gi-dev", "libglib2.0-dev"),
        *("libgstreamer1.0-dev", "libgirepository1.0-dev", "libcairo2-dev"),
    )
    return (
        f"{apt(*needed)} && git clone --recurse-submodules {HOME} && "
        f"cd deepstream_python_apps/bindings && {sys.executable} -m pip install build && "
        f"{sys.executable} -m build && {sys.executable} -m pip install dist/pyds-*.whl"
    )
