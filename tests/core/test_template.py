from __future__ import annotations

import importlib.util
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pythia.core.template import Parameter, Template
from pythia.exceptions import TemplateError
from pythia.gst import GLib, Gst

NASTY = [
    "a b",
    "a ! fakesink",
    'say "hi"',
    "it's",
    "back\\slash",
    "ends with \\",
    "\\",
    "a=b",
    "(string)x",
    "( fakesink )",
    "ünïcödé 漢字 🎥",
    "two\nlines",
    "\n",
    "\ttab\r\v\f",
    "-dash",
    "",
    " ",
    '"',
    '"quoted"',
    "'single'",
    "NULL",
    "{RGB,NV12}",
    "{x}",
    "{{x}}",
    "a,b;c",
    "x name=y",
    'x" ! fakesink "',
    "x' ! fakesink '",
    '\\" ! fakesink',
    "# no comment",
    "%20",
    "[ 1, 2 ]",
    "@preset",
    "a.src",
]
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
        max_size=12,
    ),
    st.text(" !\"'\\=(){}[]<>,;:.@#%/\n\tab1é", max_size=12),
)
LOCATIONS = [
    ("filesrc location={x}", ""),
    ("filesrc location = {x} blocksize=512", ""),
    ('filesrc location="{x}" blocksize=512', ""),
    ("filesrc location='{x}' blocksize=512", ""),
    ("filesrc location=/pre/{x}", "/pre/"),
    ('filesrc location="a b\\"{x}"', 'a b"'),
    ("filesrc blocksize=512 location={x} num-buffers=3", ""),
]


def parsed(text: str) -> list[Any]:
    pipeline = Gst.parse_launch(text)
    assert isinstance(pipeline, Gst.Pipeline)
    return list(pipeline.children)


def caps_in(text: str) -> Any:
    filter_, *others = sorted(parsed(text), key=lambda e: e.find_property("caps") is None)
    assert len(others) == 2
    return filter_.props.caps


@settings(deadline=None, max_examples=300)
@given(location=st.sampled_from(LOCATIONS), value=TEXT)
def test_a_value_arrives_at_the_property_to_the_letter(
    location: tuple[str, str], value: str
) -> None:
    text, prefix = location

    elements = parsed(Template(text).render({"x": value}) + " ! fakesink")

    assert len(elements) == 2
    source = max(elements, key=lambda e: e.find_property("location") is not None)
    assert source.props.location == prefix + value


@settings(deadline=None, max_examples=150)
@given(first=TEXT, second=TEXT)
def test_two_values_in_one_pipeline_keep_apart(first: str, second: str) -> None:
    text = Template('filesrc location="{a}" ! filesink name=end location={b}-{a}').render(
        {"a": first, "b": second}
    )

    locations = [element.props.location for element in parsed(text)]

    assert sorted(locations) == sorted([first, f"{second}-{first}"])


@pytest.mark.parametrize(
    "text",
    [
        "fakesrc ! text/x-raw, format=(string){x} ,width=3! fakesink",
        'fakesrc ! text/x-raw,format="{x}",width=3 ! fakesink',
        "fakesrc ! capsfilter caps=text/x-raw,format=(string){x} ! fakesink",
        'fakesrc ! capsfilter caps="text/x-raw,\n   format=\\"{x}\\"" ! fakesink',
        "fakesrc ! text/x-raw,a=1,format=(string){ {x} },width=3 ! fakesink",
    ],
)
@settings(deadline=None, max_examples=80)
@given(value=TEXT)
@example(value="a ! fakesink")
@example(value="NULL")
@example(value="5")
def test_a_string_in_caps_arrives_to_the_letter(text: str, value: str) -> None:
    caps = caps_in(Template(text).render({"x": value}))

    assert caps.get_size() == 1
    assert set(caps.get_structure(0).keys()) <= {"a", "format", "width"}
    found = caps.get_structure(0).get_value("format")
    assert (list(found) if isinstance(found, Gst.ValueList) else [found]) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "fakesrc ! text/x-raw,format={x},width=3 ! fakesink",
        "fakesrc ! text/x-raw,format=a{x} ! fakesink",
        "fakesrc ! text/x-raw,a=1,format={ {x}, NV12 } ! fakesink",
        "fakesrc ! text/x-raw,a=1,format=[ 1, {x} ] ! fakesink",
        'fakesrc ! capsfilter caps="text/x-raw,format={x}" ! fakesink',
    ],
)
@settings(deadline=None, max_examples=80)
@given(value=TEXT)
def test_no_value_adds_to_caps_or_pipeline(text: str, value: str) -> None:
    rendered = Template(text).render({"x": value})

    try:
        caps = caps_in(rendered)
    except GLib.Error:  # text in a range of numbers
        assert "[" in text
        return
    assert caps.get_size() == 1
    assert set(caps.get_structure(0).keys()) <= {"a", "format", "width"}


@pytest.mark.parametrize(
    ("caps", "value"),
    [("width={x}", 640), ("framerate={x}", Fraction(30, 1)), ("framerate={x}/1", "30")],
)
def test_a_number_in_caps_stays_a_number(caps: str, value: object) -> None:
    text = Template(f"fakesrc ! video/x-raw,{caps} ! fakesink").render({"x": value})

    expected = Gst.Caps.from_string("video/x-raw," + caps.replace("{x}", str(value)))
    assert caps_in(text).is_equal(expected)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("{x} num-buffers=1 ! fakesink", "fakesrc", "fakesrc num-buffers=1 ! fakesink"),
        ("{x}enc", "x264", "x264enc"),
        ("fakesrc {x}=1", "num-buffers", "fakesrc num-buffers=1"),
        ("t.{x} ! fakesink", "src_0", "t.src_0 ! fakesink"),
        ("a ! video/{x},width=1 ! b", "x-raw", "a ! video/x-raw,width=1 ! b"),
        ("a ! video/x-raw(memory:{x}) ! b", "NVMM", "a ! video/x-raw(memory:NVMM) ! b"),
    ],
)
def test_a_name_can_be_a_parameter(text: str, value: str, expected: str) -> None:
    assert Template(text).render({"x": value}) == expected


@pytest.mark.parametrize(
    "text",
    ["{x} ! fakesink", "{x}=1", "t.{x}", "a ! {x} ! b", "a ! v/x,{x}=1 ! b", "a ! v/{x} ! b"],
)
@pytest.mark.parametrize("value", ["a ! b", "a b", "", "a=1", '"a"', "a(", "a\nb"])
def test_where_a_name_is_expected_nothing_else_gets_in(text: str, value: str) -> None:
    with pytest.raises(TemplateError, match=r"'x' stands where a name.*\{x:raw\}"):
        Template(text).render({"x": value})


def test_raw_inserts_a_fragment_as_it_is() -> None:
    template = Template("fakesrc ! {steps:raw} ! fakesink")

    assert (
        template.render({"steps": "identity ! queue name={q}"})
        == "fakesrc ! identity ! queue name={q} ! fakesink"
    )


@pytest.mark.parametrize(
    "text",
    [
        "video/x-raw,format={RGB,NV12}",
        "video/x-raw,format={ RGB, NV12 }",
        "video/x-raw, format=(string){RGB}",
        "video/x-raw(memory:NVMM), format={ NV12 }",
        "x value={}",
        "x value={1}",
        'x config={"a":{"b":1}}',
    ],
)
def test_braces_that_are_no_parameter_are_left_alone(text: str) -> None:
    template = Template(text)

    assert template.parameters == ()
    assert template.render({}) == text


def test_parameters_are_listed_once_in_order_with_their_modifiers() -> None:
    template = Template(
        "a {b-c:uri} ! format={RGB,BGR} x={a} y={b-c} z={b_c:path} t={b-c:uri} q={INPUT}"
    )

    assert template.parameters == (
        Parameter("b-c", ("uri", "path")),
        Parameter("a"),
        Parameter("INPUT"),
    )


@pytest.mark.parametrize("spelling", ["pgie-conf", "pgie_conf"])
@pytest.mark.parametrize("text", ["x={pgie-conf}", "x={pgie_conf}", "x={{ pgie_conf }}"])
def test_dash_and_underscore_are_the_same(text: str, spelling: str) -> None:
    assert Template(text).render({spelling: "1"}) == "x=1"


def test_a_path_after_file_becomes_absolute_and_percent_encoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    relative = Template("x uri=file://{x}").render({"x": "a b%#é.mp4"})
    absolute = Template('x uri="file://{x}"').render({"x": "/a ! b"})
    twice = Template("x uri=file://{x}").render({"x": "file:///a"})

    uri = relative.removeprefix("x uri=file://")
    assert unquote(uri) == f"{tmp_path}/a b%#é.mp4"
    assert " " not in uri
    assert absolute == "x uri=file:///a%20%21%20b"
    assert twice == "x uri=file:///a"


def test_another_uri_after_file_is_refused() -> None:
    with pytest.raises(TemplateError, match=r"rtsp://cam.*\{x:uri\}"):
        Template("x uri=file://{x}").render({"x": "rtsp://cam"})


def test_path_and_uri_modifiers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/someone")
    template = Template("a={x:path} b={x:uri}")

    assert template.render({"x": "v.mp4"}) == f"a={tmp_path}/v.mp4 b=file://{tmp_path}/v.mp4"
    assert template.render({"x": Path("~/v")}) == "a=/home/someone/v b=file:///home/someone/v"
    assert Template("b={x:uri}").render({"x": "rtsp://h/p?a=1"}) == r"b=rtsp://h/p\?a=1"
    with pytest.raises(TemplateError, match="'x' should be a path"):
        template.render({"x": ""})


@pytest.mark.parametrize(
    ("text", "params", "message"),
    [
        ("a={x} b={y} c={z}", {"y": 1}, "missing parameter: x, z"),
        ("a={input}", {"input": 1, "imput": 2}, "no parameter 'imput', did you mean 'input'"),
        ("a b", {"x": 2}, r"no parameter 'x' \(available: none\)"),
        ("a={x:ury}", {}, r"\{x:ury\}.*did you mean 'uri'.*raw, path, uri"),
        ("a={x}", {"x": ["1", "2"]}, r"'x' should be one value.*\{% for %\}"),
        ("a={x}", {"x": None}, "'x' should be one value, found None"),
        ("a={x}", {"x": "a\0b"}, "'x'.*UTF-8"),
        ("a={x}", {"x": "a\udc80b"}, "'x'.*UTF-8"),
    ],
)
def test_wrong_parameters_are_told_in_one_line(
    text: str, params: dict[str, object], message: str
) -> None:
    with pytest.raises(TemplateError, match=message) as caught:
        Template(text).render(params)

    assert "\n" not in str(caught.value)


def test_lines_that_start_with_a_hash_are_comments() -> None:
    text = "# {nothing} {{ here }}\nfakesrc name=a#b\n  # {% more %}\n ! fakesink\n#end"

    template = Template(text)

    assert template.parameters == ()
    assert template.render() == "fakesrc name=a#b\n ! fakesink\n"


@pytest.fixture
def without_jinja2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.mark.usefixtures("without_jinja2")
def test_without_jinja2_double_braces_are_escapes() -> None:
    template = Template("a ! v/x,format={{{x}}} ! b={{RGB}} c={{ A, B }} d={x}")

    assert template.parameters == (Parameter("x"),)
    assert template.render({"x": 1}) == "a ! v/x,format={1} ! b={RGB} c={ A, B } d=1"


@pytest.mark.usefixtures("without_jinja2")
def test_without_jinja2_its_syntax_names_the_extra() -> None:
    with pytest.raises(TemplateError, match=r"pythiags\[jinja\]"):
        Template("{% for x in y %}{% endfor %}")
    with pytest.raises(TemplateError, match=r"pythiags\[jinja\]"):
        Template("a={{ x }}").render({"x": 1})


@settings(deadline=None, max_examples=100)
@given(values=st.lists(TEXT, max_size=3))
def test_jinja_loops_quote_each_value(values: list[str]) -> None:
    template = Template(
        "{% for v in input %}filesrc name=s{{ loop.index }} location={{ v }} ! mux. {% endfor %}"
        'funnel name=mux ! filesink location="{output}"'
    )

    elements = parsed(template.render({"input": values, "output": "o ! p"}))

    assert len(elements) == len(values) + 2
    by_name = {element.get_name(): element for element in elements}
    assert [by_name[f"s{i}"].props.location for i in range(1, len(values) + 1)] == values
    assert template.parameters == (Parameter("input"), Parameter("output"))


def test_one_value_that_jinja_loops_over_is_a_list_of_one() -> None:
    text = "{% for v in input | sort %}a={{ v }}{% endfor %}"

    assert Template(text).render({"input": "xyz"}) == "a=xyz"


def test_jinja_filters_macros_and_conditions() -> None:
    text = (
        "{% macro src(u) %}urisrc uri={{ u | uri }}{% endmacro %}{{ src(x) }} "
        "{% if show %}! {{ steps | raw }} {% endif %}! s n={{ n | default(3) }} t={{ y | upper }}"
    )
    params = {"x": "/a b", "show": True, "steps": "i ! j", "y": "b c"}

    assert Template(text).render(params) == (r"urisrc uri=file:///a%20b ! i ! j ! s n=3 t=B\ C")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a={{ pgie_conf }} b={{ y }}", "missing parameter: pgie-conf, y"),
        ("{% for x in %}", "jinja text, line 1"),
        ("a={{ ''.__class__.__mro__ }}", "jinja"),
        ("a={{ 1 / 0 }}", "division by zero"),
        ("a ! {{ '! b' }}", "where a name is expected"),
    ],
)
def test_jinja_errors_are_template_errors(text: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        Template(text).render({})


def test_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(TemplateError, match="not UTF-8"):
        Template("filesrc location=\udcff ! fakesink")
