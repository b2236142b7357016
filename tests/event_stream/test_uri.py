from __future__ import annotations

import re

import pytest

from pythia.event_stream import StreamUri, open_stream
from pythia.exceptions import StreamError


def test_every_part_is_parsed_once() -> None:
    uri = StreamUri.parse("Kafka://me:s%40cret@one:9092,two/a%20b?stream=raw&key=source_id&empty=")

    assert uri.scheme == "kafka"
    assert (uri.user, uri.password) == ("me", "s@cret")
    assert uri.hosts == (("one", 9092), ("two", None))
    assert uri.path == "/a b"
    assert uri.stream == "raw"
    assert dict(uri.options) == {"stream": "raw", "key": "source_id", "empty": ""}


def test_ipv6_hosts_keep_their_colons() -> None:
    assert StreamUri.parse("redis://[::1]:6379").hosts == (("::1", 6379),)


@pytest.mark.parametrize(
    "text",
    [
        "kafka://me:hidden@one/path?stream=x",
        "kafka://one/?sasl_password=hidden&stream=x",
        "http://one/?token=hidden",
        "own.module:Class://one/?api_key=hidden&passphrase=hidden&AuthToken=hidden",
    ],
)
def test_no_password_is_ever_shown(text: str) -> None:
    uri = StreamUri.parse(text)

    assert "hidden" not in str(uri)
    assert "hidden" not in repr(uri)
    assert "one" in str(uri)


def test_an_error_about_the_form_hides_the_password() -> None:
    with pytest.raises(StreamError, match="the form is scheme://") as caught:
        StreamUri.parse("me:hidden@host/path")

    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "redis://:hid/den@one/?stream=x",
        "redis://:12/34hidden@one/?stream=x",
        "kafka://me:hid?den@one/?stream=x",
        "mqtt://me:hid,1/den@one:1883,two/?stream=x",
    ],
)
def test_a_password_that_ends_the_host_too_soon_is_told_and_not_shown(text: str) -> None:
    with pytest.raises(StreamError, match="written %2F and %3F") as caught:
        StreamUri.parse(text)

    assert not {"hid", "den", "12", "34"} & set(re.split(r"\W+", str(caught.value)))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("http://one:80,[::1]:81/@me", "/@me"),
        ("mqtt://one/?stream=a@b", "/"),
        ("file:///tmp/a@b", "/tmp/a@b"),
        ("memory://?stream=a@b", ""),
    ],
)
def test_an_at_sign_behind_the_hosts_is_nothing_special(text: str, path: str) -> None:
    assert StreamUri.parse(text).path == path


def test_the_value_of_an_unknown_option_is_not_shown() -> None:
    with pytest.raises(StreamError, match="unknown option sasl_pasword; kafka knows") as caught:
        open_stream("kafka://one/?stream=x&sasl_pasword=hidden")

    assert "hidden" not in str(caught.value)
    assert "stream=x" in str(caught.value)


def test_a_wrong_port_is_an_error() -> None:
    with pytest.raises(StreamError, match="'one:x' is not host or host:port"):
        _ = StreamUri.parse("kafka://one:x").hosts


@pytest.mark.parametrize(
    ("text", "path"),
    [("file:///a/b", "/a/b"), ("file://rel.jsonl", "rel.jsonl"), ("file://a%20b/c:d", "a b/c:d")],
)
def test_a_path_may_be_absolute_or_relative(text: str, path: str) -> None:
    assert StreamUri.parse(text).file_path == path


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("mmory://", r"unknown event stream 'mmory'.*did you mean 'memory'.*file, .*log, memory"),
        ("memory://?strem=x", r"unknown option strem.*did you mean 'stream'.*maxlen"),
        ("memory://?maxlen=x", r"maxlen='x' is not a number"),
        ("memory://?maxlen=1.5", r"maxlen='1.5' is not a whole number"),
        ("memory://?maxlen=0", r"maxlen=0; the least possible is 1"),
        ("log://?stream=out", r"stream='out'; available: stdout, stderr"),
        ("file://", "a path is missing"),
        ("file://me@home/x", "a file has no user; an '@' in its name is written %40"),
        ("file:///x?mode=new", "available: append, overwrite"),
        ("no.such.module:Cls://x", "No module named 'no'"),
        ("pythia.event_stream.log:Nothing://x", "no Stream class 'Nothing'; available: LogStream"),
    ],
)
def test_a_wrong_uri_says_what_there_is(uri: str, message: str) -> None:
    with pytest.raises(StreamError, match=message):
        open_stream(uri)


def test_a_class_may_be_the_scheme() -> None:
    stream = open_stream("pythia.event_stream.memory:MemoryStream://?stream=x")

    assert type(stream).__name__ == "MemoryStream"


def test_the_words_of_a_client_library_lose_their_secrets() -> None:
    uri = StreamUri.parse("http://me:pass%2Fword@one/?token=t0ken&stream=x")

    hidden = uri.hide("cannot open http://me:pass%2Fword@one: pass/word, t0ken, stream x")

    assert hidden == "cannot open http://me:***@one: ***, ***, stream x"
