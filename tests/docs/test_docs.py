"""The documentation does what it says: its code runs, its site builds, its links lead somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urljoin, urlparse

import pytest
from tools.docs_pictures import TEXTS
from tools.docs_site import element_table

from pythia.elements.registry import ELEMENTS
from pythia.event_stream.formats import FORMAT_OPTIONS
from pythia.event_stream.schemes import SCHEMES, _load
from pythia.event_stream.worker import WORKER_OPTIONS
from support.console import ROOT, environment
from support.page import Block, blocks, is_run
from support.servers import PASSWORD, Server, Servers, free_port

DOCS = ROOT / "docs"
_TUTORIAL = sorted((DOCS / "tutorial").glob("[1-9]*.md"))
_OTHERS = sorted(
    page
    for page in DOCS.rglob("*.md")
    if page not in _TUTORIAL and "elements" not in page.relative_to(DOCS).parts
)
_MOST_NOT_RUN = 16
_OF_MACHINES = {"containers.md", "deepstream-versions.md", "doctor.md", "jetson.md"}
_REDIS_PORT = "6380"
_SITE_LIMIT_S = 100


def _pages_with_code() -> list[list[Path]]:
    """Pages that are run together in one folder: the tutorial, and every other one alone."""
    return [_TUTORIAL, *([page] for page in _OTHERS if any(map(is_run, _blocks(page))))]


def _blocks(page: Path) -> list[Block]:
    return list(blocks(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("pages", _pages_with_code(), ids=lambda pages: pages[0].stem)
def test_the_code_of_a_page_runs(pages: list[Path], tmp_path: Path, server_of: Servers) -> None:
    sources = tmp_path / "pages"
    folder = tmp_path / "reader"
    folder.mkdir()
    sources.mkdir()
    for page in pages:
        (sources / page.name).write_text(_served(page.read_text(encoding="utf-8"), server_of))

    try:
        done = _run_pages([sources / page.name for page in pages], folder)
    finally:
        _stop_servers_of(sources)

    assert done.returncode == 0, done.stderr


def _stop_servers_of(sources: Path) -> None:
    """A page that fails in the middle leaves the server that it started."""
    for page in sources.iterdir():
        for port in set(re.findall(r"redis-server --port (\d+)", page.read_text())):
            command = ["redis-cli", "-p", port, "shutdown", "nosave"]
            subprocess.run(command, capture_output=True, timeout=20, check=False)


def _run_pages(pages: list[Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """In a process of their own, where probes and plug-ins of one page do not meet the next."""
    search = os.pathsep.join((str(ROOT / "tests"), str(ROOT)))
    return subprocess.run(
        [sys.executable, "-m", "support.page", *map(str, pages)],
        cwd=folder,
        env=environment(PYTHONPATH=search, COLUMNS="92", PYTHONWARNINGS="ignore"),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def _served(text: str, server_of: Servers) -> str:
    """The page with servers of the tests in place of the hosts that it names."""
    if f"port {_REDIS_PORT}" in text:
        if shutil.which("redis-server") is None:
            pytest.skip("needs redis-server: apt-get install redis-server")
        text = text.replace(_REDIS_PORT, str(free_port()))
    for name in ("kafka", "redis"):
        if re.search(rf"\b{name}\d?:\d+", _run_text(text)):
            text = _on(server_of(name), text)
    return text


def _run_text(text: str) -> str:
    return "".join(block.body for block in blocks(text) if is_run(block))


def _on(server: Server, text: str) -> str:
    """Let a page talk to ``server`` instead of the host that it names."""
    for stream in set(re.findall(rf"{server.SCHEME}://[^\s\"']*stream=(\w+)", text)):
        server.expect(stream)
    text = re.sub(rf"\b{server.SCHEME}\d?:\d+", f"127.0.0.1:{server.port}", text)
    login = f"{server.USER}:{quote(PASSWORD, safe='')}@" if server.HAS_PASSWORD else ""
    return re.sub(rf"{server.SCHEME}://(?=127.0.0.1:{server.port})", rf"\g<0>{login}", text)


_WRONG = {
    "a command that fails": "```console\n$ ls /nowhere\n```\n",
    "an output that differs": "```console\n$ echo one\ntwo\n```\n",
    "an output without its end": "```console\n$ printf 'one\\ntwo\\n'\none\n```\n",
    "a name that does not exist": "```python\nnothing\n```\n",
    "a wrong output of Python": '```python\nprint(1)\n```\n\n```text title="Output"\n2\n```\n',
    "a script that fails in the middle": "```sh\nfalse\ntrue\n```\n",
}


@pytest.mark.parametrize("text", _WRONG.values(), ids=list(_WRONG))
def test_a_page_that_is_wrong_fails_with_its_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.md").write_text(f"# Wrong\n\n{text}")

    done = _run_pages([tmp_path / "wrong.md"], tmp_path)

    assert done.returncode == 1
    assert re.match(r"wrong\.md:[48]: ", done.stderr), done.stderr


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    left_out = [
        (page.name, block.reason)
        for page in [*_TUTORIAL, *_OTHERS]
        for block in _blocks(page)
        if block.reason
    ]

    assert len(left_out) <= _MOST_NOT_RUN, left_out
    vague = [reason for _, reason in left_out if len(reason.split()) < 3]
    assert vague == []


def test_commands_for_other_machines_stand_on_pages_about_machines() -> None:
    pages = {page.name for page in _OTHERS for block in _blocks(page) if block.language == "bash"}

    assert pages <= _OF_MACHINES


def test_every_element_has_its_row_of_limits() -> None:
    text = element_table()

    assert [name for name in ELEMENTS if f"[{name}](elements/{name}.md)" not in text] == []


def test_every_option_of_an_event_stream_is_told() -> None:
    text = (DOCS / "reference" / "event-streams.md").read_text(encoding="utf-8")
    known = WORKER_OPTIONS | FORMAT_OPTIONS
    for scheme, row in SCHEMES.items():
        known |= _load(scheme, row).OPTIONS
        assert f"`{scheme}`" in text, scheme

    assert sorted(name for name in known if not re.search(rf"`{name}\b", text)) == []


def test_the_pictures_are_small_and_made_by_the_script() -> None:
    sizes = {path.name: path.stat().st_size for path in (DOCS / "pictures").iterdir()}

    assert set(sizes) == {*(f"{name}.jpg" for name in TEXTS), "favicon.png"}
    assert {name: size for name, size in sizes.items() if size > 100_000} == {}


class _Resources(HTMLParser):
    """What a page of the site loads, what it links to, and its anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors.add(values.get("id", ""))
        if tag == "a":
            self.links.append(values.get("href", ""))
        elif tag == "link" and values.get("rel") not in ("canonical", "next", "prev"):
            self.loaded.append(values.get("href", ""))
        elif "src" in values:
            self.loaded.append(values["src"])


class Site(NamedTuple):
    folder: Path
    pages: dict[str, _Resources]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site, built strictly: a broken link or an unknown name is an error."""
    pytest.importorskip("material", reason="needs the extra docs")
    pytest.importorskip("mkdocstrings", reason="needs the extra docs")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        env=environment(NO_MKDOCS_2_WARNING="1"),
        capture_output=True,
        text=True,
        timeout=_SITE_LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pages = {}
    for path in folder.rglob("*.html"):
        pages[f"/{path.relative_to(folder)}"] = resources = _Resources()
        resources.feed(path.read_text(encoding="utf-8"))
    return Site(folder, pages)


def test_the_site_loads_nothing_from_elsewhere(site: Site) -> None:
    foreign = [
        (page, address)
        for page, resources in site.pages.items()
        for address in resources.loaded
        if urlparse(address).netloc
    ]
    styles = "".join(path.read_text() for path in site.folder.rglob("*.css"))

    assert foreign == []
    assert re.findall(r"url\(['\"]?https?://[^)]*\)|@import[^;]*https?:[^;]*", styles) == []


def test_every_link_of_the_site_leads_to_a_page_and_an_anchor(site: Site) -> None:
    broken = [
        (page, link)
        for page, resources in site.pages.items()
        if page != "/404.html"
        for link in [*resources.links, *resources.loaded]
        if not _leads_somewhere(site, page, link)
    ]

    assert broken == []


def _leads_somewhere(site: Site, page: str, link: str) -> bool:
    parts = urlparse(link)
    if parts.scheme or link.startswith("data:"):
        return True
    path = unquote(urlparse(urljoin(page, parts.path)).path)
    target = f"{path}index.html" if path.endswith("/") else path
    if target not in site.pages:
        return (site.folder / target.lstrip("/")).is_file()
    return not parts.fragment or unquote(parts.fragment) in site.pages[target].anchors


def test_the_reference_has_the_public_names(site: Site) -> None:
    import pythia

    anchors = set().union(*(resources.anchors for resources in site.pages.values()))

    public = set(pythia.__all__) - {"Gst", "__version__"}
    assert {n for n in public if not {f"pythia.{n}", f"pythia.{n}.{n}"} & anchors} == set()


def test_the_script_can_be_started() -> None:
    assert os.access(ROOT / "scripts" / "docs", os.X_OK)
