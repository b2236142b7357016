from __future__ import annotations

import logging

import pytest

from pythia.exceptions import ConfigError
from pythia.messages import BrokerAddress, broker_address, protocol_of

FOLDER = "/opt/nvidia/deepstream/deepstream/lib/"


def address(
    protocol: str,
    conn_str: str | None = "host;1234;topic",
    topic: str | None = None,
    settings: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
) -> BrokerAddress:
    return broker_address(protocol, conn_str, topic, settings or {}, environment or {})


@pytest.mark.parametrize(
    ("library", "protocol"),
    [
        (FOLDER + "libnvds_kafka_proto.so", "kafka"),
        ("/usr/local/x/libnvds_redis_proto.so", "redis"),
        ("libnvds_mqtt_proto.so", "mqtt"),
        (FOLDER + "libnvds_amqp_proto.so", "amqp"),
    ],
)
def test_a_library_is_known_by_its_file_name(library: str, protocol: str) -> None:
    assert protocol_of(library) == protocol


@pytest.mark.parametrize(
    ("library", "message"),
    [
        (None, "set proto-lib.*libnvds_kafka_proto.so, .*libnvds_amqp_proto.so"),
        (FOLDER + "libnvds_azure_proto.so", "Azure.*libnvds_mqtt_proto.so"),
        (FOLDER + "libnvds_azure_edge_proto.so", "Azure"),
        ("libnvds_kafka.so", "did you mean 'libnvds_kafka_proto.so'.*available: "),
        ("/my/adapter.so", "/my/adapter.so: a compiled adapter.*available: libnvds_kafka"),
    ],
)
def test_any_other_library_is_refused_with_a_reason(library: str | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        protocol_of(library)


@pytest.mark.parametrize(
    ("protocol", "conn_str", "topic", "settings", "expected"),
    [
        ("kafka", "host;9092;t", None, {}, ("host:9092", "t")),
        ("kafka", " host ; 9092 ; t ", None, {}, ("host:9092", "t")),
        ("kafka", "host;9092", "own", {}, ("host:9092", "own")),
        ("mqtt", "host;1883;t", " own ", {}, ("host:1883", "own")),
        ("redis", "host;6379;t", "  ", {}, ("host:6379", "t")),
        ("redis", None, "t", {"hostname": "h", "port": "7000"}, ("h:7000", "t")),
        ("redis", "host;6379;t", None, {"hostname": "h"}, ("host:6379", "t")),
        ("redis", None, "t", {"hostname": "h"}, ("h", "t")),
        ("amqp", "host;5672", None, {}, ("host:5672", "deepstream_topic")),
        ("amqp", "host;5672", None, {"topic": "cfg"}, ("host:5672", "cfg")),
        ("amqp", None, "own", {"hostname": "h", "topic": "cfg"}, ("h", "own")),
        ("redis", "::1;6379;t", None, {}, ("[::1]:6379", "t")),
    ],
)
def test_host_and_topic(
    protocol: str,
    conn_str: str | None,
    topic: str | None,
    settings: dict[str, str],
    expected: tuple[str, str],
) -> None:
    found = address(protocol, conn_str, topic, settings)

    assert (found.scheme, found.authority, found.options["stream"]) == (protocol, *expected)
    assert found.options["format"] == "text"


@pytest.mark.parametrize(
    ("protocol", "conn_str", "settings", "environment", "login"),
    [
        ("redis", "h;1;t", {}, {}, (None, None)),
        ("redis", "h;1;t", {"password": "a"}, {}, ("", "a")),
        ("redis", "h;1;t", {"password": "a"}, {"PASSWORD_REDIS": "b"}, ("", "b")),
        ("mqtt", "h;1;t", {"username": "u", "password": "a"}, {}, ("u", "a")),
        ("mqtt", "h;1;t", {"username": "u"}, {"USER_MQTT": "v", "PASSWORD_MQTT": "b"}, ("v", "b")),
        ("mqtt", "h;1;t", {"username": "u"}, {}, ("u", None)),
        ("amqp", "h;1;u;a", {}, {}, ("u", "a")),
        ("amqp", "h;1;u", {"username": "x", "password": "a"}, {}, ("u", "a")),
        ("amqp", "h;1", {"username": "x", "password": "a"}, {"PASSWORD_AMQP": "b"}, ("x", "b")),
        ("kafka", "h;1;t", {}, {"PASSWORD_AMQP": "b"}, (None, None)),
    ],
)
def test_the_login_comes_from_the_environment_the_connection_or_the_file(
    protocol: str,
    conn_str: str,
    settings: dict[str, str],
    environment: dict[str, str],
    login: tuple[str | None, str | None],
) -> None:
    found = address(protocol, conn_str, None, settings, environment)

    assert (found.user, found.password) == login


def options(protocol: str, settings: dict[str, str]) -> dict[str, str]:
    found = dict(
        address(protocol, "h;1" if protocol == "amqp" else "h;1;t", None, settings).options
    )
    del found["stream"], found["format"]
    return found


@pytest.mark.parametrize(
    ("protocol", "settings", "expected"),
    [
        ("kafka", {}, {"key": "sensor.id"}),
        ("kafka", {"partition-key": "id", "consumer-group-id": "g"}, {"key": "id"}),
        (
            "kafka",
            {
                "proto-cfg": '"message.timeout.ms=2000; sasl.password=a=b;"',
                "producer-proto-cfg": "linger.ms=5",
            },
            {
                "key": "sensor.id",
                "rdkafka.message.timeout.ms": "2000",
                "rdkafka.sasl.password": "a=b",
                "rdkafka.linger.ms": "5",
            },
        ),
        ("redis", {}, {"field": "metadata"}),
        (
            "redis",
            {"payloadkey": "p", "streamsize": "10000", "share-connection": "1"},
            {"field": "p", "maxlen": "10000"},
        ),
        ("redis", {"streamsize": "0"}, {"field": "metadata"}),
        ("mqtt", {"client-id": "me", "keep-alive": "60"}, {"client_id": "me", "keepalive_s": "60"}),
        (
            "mqtt",
            {"enable-tls": "1", "tls-cafile": "ca", "tls-certfile": "c", "tls-keyfile": "k"},
            {"tls": "yes", "tls_ca": "ca", "tls_cert": "c", "tls_key": "k"},
        ),
        ("mqtt", {"enable-tls": "1", "tls-capath": "/ca"}, {"tls": "yes", "tls_ca": "/ca"}),
        ("mqtt", {"enable-tls": "0", "tls-cafile": "ca", "loop-timeout": "2000"}, {}),
        ("amqp", {}, {"exchange": "amq.topic", "mandatory": "no"}),
        (
            "amqp",
            {"exchange": "", "amqp-framesize": "131072", "amqp-heartbeat": "0"},
            {"exchange": "", "mandatory": "no", "frame_bytes": "131072", "heartbeat_s": "0"},
        ),
        ("mqtt", {"pythia-overflow": "drop-oldest", "pythia-timeout-s": "2"},
         {"overflow": "drop-oldest", "timeout_s": "2"}),
    ],
)  # fmt: skip
def test_keys_of_the_adapters_are_options_of_the_stream(
    protocol: str, settings: dict[str, str], expected: dict[str, str]
) -> None:
    assert options(protocol, settings) == expected


def test_the_time_for_the_rest_is_ten_seconds_or_as_the_file_says() -> None:
    assert address("redis").flush_s == 10
    assert address("redis", settings={"flush-timeout": "2500"}).flush_s == 2.5


@pytest.mark.parametrize(
    ("protocol", "conn_str", "settings", "message"),
    [
        ("kafka", None, {}, "kafka needs conn-str.*host;port;topic"),
        ("mqtt", "", {}, "mqtt needs conn-str"),
        ("redis", None, {}, "redis needs conn-str=host;port, or .*hostname"),
        ("redis", "host", {}, "1 field.*host;port or host;port;topic"),
        ("kafka", "host:9092;t", {}, "the port of host:9092 is not a number"),
        ("kafka", "host;;t", {}, "empty host or port"),
        ("kafka", "a;1;b;c", {}, "4 field"),
        ("amqp", "a;1;b;c;d", {}, "5 field.*host;port;user;password"),
        ("amqp", "a;1;me", {}, "user 'me' has no password.*PASSWORD_AMQP"),
        ("kafka", "host;99999;t", {}, "from 1 to 65535"),
        ("mqtt", "host;1883", {}, "no topic; set topic="),
        ("redis", "h;1;t", {"flush-timeout": "soon"}, "flush-timeout='soon' is not a number"),
        ("mqtt", "h;1;t", {"keep-alive": "-3"}, "keep-alive='-3' is not a number"),
        ("kafka", "h;1;t", {"proto-cfg": '"a=1;hunter2"'}, "part 2 of 2 is not name=value"),
        ("kafka", "h;1;t", {"pythia-format": "json"}, "pythia-format: topic and payload"),
    ],
)
def test_a_mistake_is_an_error_that_shows_no_secret(
    protocol: str, conn_str: str | None, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        address(protocol, conn_str, None, settings)

    assert "hunter2" not in str(caught.value)


def test_an_unknown_key_is_told_without_its_value(caplog: pytest.LogCaptureFixture) -> None:
    address("redis", settings={"pasword": "hunter2"})

    assert "pasword is not known to redis; did you mean 'password'?" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_key_without_effect_is_no_matter_for_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    address("mqtt", settings={"set-threaded": "1"})

    assert [record.levelno for record in caplog.records] in ([], [logging.DEBUG])


def test_the_password_is_in_no_repr() -> None:
    assert "hunter2" not in repr(address("amqp", "h;1;u;hunter2"))
