"""The servers of ``support.servers``, and how each is asked what has arrived."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import confluent_kafka
import nats
import paho.mqtt.client as mqtt
import pika
import redis
from nats.aio.client import Client as NatsClient
from nats.errors import TimeoutError as NatsTimeoutError
from paho.mqtt.enums import CallbackAPIVersion
from pika.exceptions import AMQPError

from support.certificates import certificates
from support.servers import PASSWORD, Server, free_port, wait_for
from support.web_hook import HttpServer

Parts = list[confluent_kafka.TopicPartition]


class RedisServer(Server):
    """Keeps its data in an append-only file."""

    BINARY = PACKAGE = "redis-server"
    SCHEME, TLS_SCHEME = "redis", "rediss"
    USER = ""

    def command(self) -> list[str]:
        settings = f"--port {self.port} --bind 127.0.0.1 --appendonly yes --requirepass {PASSWORD}"
        made = certificates()
        tls = (
            f"--tls-port {self.tls_port} --tls-auth-clients optional"
            f" --tls-ca-cert-file {made.certificate('authority')}"
            f" --tls-cert-file {made.certificate('server')} --tls-key-file {made.key('server')}"
        )
        return [self.BINARY, *settings.split(), *tls.split()]

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, password=PASSWORD)

    def ready(self) -> bool:
        with contextlib.suppress(redis.RedisError), self.client() as client:
            return bool(client.ping())
        return False

    def events(self, name: str, count: int, timeout_s: float = 20) -> list[bytes]:
        with self.client() as client:
            wait_for(lambda: int(client.xlen(name)) >= count, timeout_s)
            entries: Any = client.xrange(name)
            return [fields[b"data"] for _, fields in entries]


class KafkaServer(Server):
    """librdkafka's mock cluster, which knows no passwords."""

    BINARY, PACKAGE = sys.executable, "python3"
    SCHEME = "kafka"
    HAS_PASSWORD = False
    COUNT = 1

    def command(self) -> list[str]:
        return [sys.executable, str(Path(__file__).with_name("kafka_cluster.py")), str(self.COUNT)]

    def ready(self) -> bool:
        address = next((line for line in self.output().splitlines() if ":" in line[:20]), "")
        self.port = int(address.rpartition(":")[2] or 0)
        return bool(self.port)

    def start(self) -> None:
        super().start()
        self.tell("up 1")

    def stop(self) -> None:
        self.tell("down 1")

    def expect(self, name: str, partitions: int = 1) -> None:
        self.tell(f"topic {name} {partitions}")  # the mock cannot be asked for it by a client

    def tell(self, command: str) -> None:
        """Give the process of the cluster a command."""
        assert self.process is not None
        assert self.process.stdin is not None
        before = self.output().count("done")
        self.process.stdin.write(f"{command}\n".encode())
        self.process.stdin.flush()
        assert wait_for(lambda: self.output().count("done") > before)

    def events(self, name: str, count: int, timeout_s: float = 20) -> list[bytes]:
        return [value for _, value in self.messages(name, count, timeout_s)]

    def messages(
        self, name: str, count: int, timeout_s: float = 20
    ) -> list[tuple[bytes | None, bytes]]:
        """Key and value of each message, partition after partition."""
        with self._consumer() as consumer:
            parts = _partitions(consumer, name)
            consumer.assign(parts)
            messages = self._consume(consumer, parts, count, timeout_s)
            messages.sort(key=lambda one: (one.partition() or 0, one.offset() or 0))
            return [(one.key(), one.value() or b"") for one in messages]

    def _consume(
        self, consumer: confluent_kafka.Consumer, parts: Parts, count: int, timeout_s: float
    ) -> list[confluent_kafka.Message]:
        wait_for(lambda: _size(consumer, parts) >= count, timeout_s)
        return consumer.consume(_size(consumer, parts), timeout=10)

    def size(self, name: str) -> int:
        """How many messages a topic has."""
        with self._consumer() as consumer:
            return _size(consumer, _partitions(consumer, name))

    @contextlib.contextmanager
    def _consumer(self) -> Iterator[confluent_kafka.Consumer]:
        soon: dict[str, str | int] = {"group.id": "x", "fetch.wait.max.ms": 20}
        consumer = confluent_kafka.Consumer({**self.client_settings(), **soon})
        yield consumer
        consumer.close()

    def client_settings(self) -> dict[str, str | int]:
        """How a client of the tests connects."""
        return {"bootstrap.servers": f"127.0.0.1:{self.port}", "log_level": 0}


def _partitions(consumer: confluent_kafka.Consumer, name: str) -> Parts:
    found = consumer.list_topics(name, timeout=5).topics[name].partitions
    return [confluent_kafka.TopicPartition(name, number, 0) for number in sorted(found)]


def _size(consumer: confluent_kafka.Consumer, parts: Parts) -> int:
    marks = [consumer.get_watermark_offsets(part, timeout=5, cached=False) for part in parts]
    return sum(mark[1] for mark in marks if mark)


class MqttServer(Server):
    """Mosquitto; a client with a session that outlives restarts keeps what it publishes."""

    BINARY = PACKAGE = "mosquitto"
    SCHEME, TLS_SCHEME = "mqtt", "mqtts"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._arrived: dict[str, list[bytes]] = defaultdict(list)
        self._readers: list[mqtt.Client] = []

    def command(self) -> list[str]:
        passwords, settings = self.folder / "passwords", self.folder / "mosquitto.conf"
        passwords.write_text(f"{self.USER}:{PASSWORD}\n")
        passwords.chmod(0o600)
        subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True)
        settings.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n"
            f"persistence true\npersistence_location {self.folder}/\nuser root\n"
            "max_queued_messages 0\nmax_inflight_messages 0\n" + self._tls_listener()
        )
        return [self.BINARY, "-c", str(settings)]

    def _tls_listener(self) -> str:
        made = certificates()
        return (
            f"listener {self.tls_port} 127.0.0.1\ncafile {made.certificate('authority')}\n"
            f"certfile {made.certificate('server')}\nkeyfile {made.key('server')}\n"
            "require_certificate true\n"
        )

    def ready(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def expect(self, name: str) -> None:
        subscribed = threading.Event()
        reader = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"reader-{name}", clean_session=False
        )
        reader.username_pw_set(self.USER, PASSWORD)
        reader.reconnect_delay_set(1, 1)
        arrived = self._arrived[name]

        def subscribe(client: mqtt.Client, *_: object) -> None:
            client.subscribe(name, qos=2)

        reader.on_connect = subscribe
        reader.on_subscribe = lambda *_: subscribed.set()
        reader.on_message = lambda _, __, message: arrived.append(bytes(message.payload))
        reader.connect("127.0.0.1", self.port)
        reader.loop_start()
        assert subscribed.wait(10)
        self._readers.append(reader)

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        if number == signal.SIGKILL:
            for reader in self._readers:
                reader.disconnect()
                reader.loop_stop()
            self._readers.clear()
        super().end(number)

    def events(self, name: str, count: int, timeout_s: float = 20) -> list[bytes]:
        # Different ones: what was sent twice must not stand for what is still on its way.
        wait_for(lambda: len(set(self._arrived[name])) >= count, timeout_s)
        return list(self._arrived[name])


class AmqpServer(Server):
    """RabbitMQ, with an Erlang port mapper of its own."""

    BINARY, PACKAGE = "/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server"
    SCHEME, TLS_SCHEME = "amqp", "amqps"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._epmd_port = free_port()
        self.parameters = pika.ConnectionParameters(
            "127.0.0.1", self.port, credentials=pika.PlainCredentials(self.USER, PASSWORD)
        )

    def command(self) -> list[str]:
        return [self.BINARY]

    def environment(self) -> dict[str, str]:
        (self.folder / "plugins").write_text("[].")
        (self.folder / "rabbit.conf").write_text(
            f"default_user = {self.USER}\ndefault_pass = {PASSWORD}\n" + self._tls_listener()
        )
        own = {
            "NODENAME": f"pythia{self.port}@localhost",
            "NODE_IP_ADDRESS": "127.0.0.1",
            "NODE_PORT": str(self.port),
            "DIST_PORT": str(free_port()),
            "MNESIA_BASE": str(self.folder / "data"),
            "LOG_BASE": str(self.folder),
            "LOGS": "-",
            "ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "CONFIG_FILE": str(self.folder / "rabbit"),
            "CONF_ENV_FILE": "/dev/null",
            "SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
            "ALLOW_INPUT": "yes",  # it ends with its input, so with the tests: it is a grandchild
        }
        mapper = {"ERL_EPMD_PORT": str(self._epmd_port), "ERL_EPMD_ADDRESS": "127.0.0.1"}
        variables = {f"RABBITMQ_{name}": value for name, value in own.items()}
        return {**os.environ, "HOME": str(self.folder), **mapper, **variables}

    def _tls_listener(self) -> str:
        made = certificates()
        return (
            f"listeners.ssl.default = 127.0.0.1:{self.tls_port}\n"
            f"ssl_options.cacertfile = {made.certificate('authority')}\n"
            f"ssl_options.certfile = {made.certificate('server')}\n"
            f"ssl_options.keyfile = {made.key('server')}\n"
            "ssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = false\n"
        )

    def ready(self) -> bool:
        with contextlib.suppress(AMQPError, OSError):
            pika.BlockingConnection(self.parameters).close()
            socket.create_connection(("127.0.0.1", self.tls_port)).close()  # it comes later
            return True
        return False

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        started = self.process is not None
        super().end(number)
        if started:
            assert wait_for(self._end_mapper, 10), "the Erlang port mapper does not end"

    def _end_mapper(self) -> bool:
        # A daemon of its own, which refuses while it believes that the node lives.
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._epmd_port)):
            command = ["epmd", "-port", str(self._epmd_port), "-kill"]
            subprocess.run(command, check=False, capture_output=True, timeout=10)
            return False
        return True

    def events(self, name: str, count: int, timeout_s: float = 20) -> list[bytes]:
        found: list[bytes] = []
        connection = pika.BlockingConnection(self.parameters)
        channel = connection.channel()

        def read_on() -> bool:
            while (message := channel.basic_get(name, auto_ack=False))[0]:
                found.append(message[2])  # type: ignore[arg-type]
            return len(found) >= count

        wait_for(read_on, timeout_s)
        connection.close()  # which gives the messages back
        return found


class NatsServer(Server):
    """A server with JetStream."""

    BINARY = PACKAGE = "nats-server"
    SCHEME = TLS_SCHEME = "nats"

    def command(self) -> list[str]:
        settings = f"-a 127.0.0.1 -p {self.port} -js -sd {self.folder}/data --user {self.USER}"
        return [self.BINARY, *settings.split(), "--pass", PASSWORD]

    def client_context(self) -> ssl.SSLContext | None:
        """How a client of the tests encrypts."""
        return None

    def ready(self) -> bool:
        return asyncio.run(self._ready())

    async def _ready(self) -> bool:
        with contextlib.suppress(Exception):
            client = await self.client()
            await client.jetstream(timeout=1).account_info()
            await client.close()
            return True
        return False

    async def client(self) -> NatsClient:
        async def quiet(error: Exception) -> None:
            pass

        return await nats.connect(
            f"nats://127.0.0.1:{self.port}",
            user=self.USER,
            password=PASSWORD,
            tls=self.client_context(),
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            error_cb=quiet,
        )

    def events(self, name: str, count: int, timeout_s: float = 20) -> list[bytes]:
        return asyncio.run(self._events(name, count, timeout_s))

    async def _events(self, name: str, count: int, timeout_s: float) -> list[bytes]:
        client = await self.client()
        found: list[bytes] = []
        subscription = await client.jetstream().subscribe(name, ordered_consumer=True)
        with contextlib.suppress(NatsTimeoutError):
            while True:
                wait_s = timeout_s if len(found) < count else 0.2
                found.append((await subscription.next_msg(wait_s)).data)
        await client.close()
        return found


class TlsNatsServer(NatsServer):
    """NATS encrypts all connections or none; this one also asks for a client's certificate."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.tls_port = self.port

    def command(self) -> list[str]:
        made = certificates()
        names = {"cert": made.certificate("server"), "key": made.key("server")}
        names["cacert"] = made.certificate("authority")
        tls = [f"--tls{name}={path}" for name, path in names.items()]
        return [*super().command(), "--tls", "--tlsverify", *tls]

    def client_context(self) -> ssl.SSLContext:
        context = certificates().client_context()
        context.load_cert_chain(certificates().certificate("client"), certificates().key("client"))
        return context

    def tls_uri(self, name: str, *options: str, host: str = "127.0.0.1") -> str:
        return super().tls_uri(name, "tls=yes", *options, host=host)


BROKERS: dict[str, type[Server]] = {
    "mqtt": MqttServer,
    "nats": NatsServer,
    "redis": RedisServer,
    "kafka": KafkaServer,
    "http": HttpServer,
    "amqp": AmqpServer,
}
