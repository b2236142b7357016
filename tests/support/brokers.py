"""The servers of ``support.servers``, and how each is asked what has arrived."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import confluent_kafka
import nats
import orjson
import paho.mqtt.client as mqtt
import pika
import redis
from nats.aio.client import Client as NatsClient
from nats.errors import TimeoutError as NatsTimeoutError
from paho.mqtt.enums import CallbackAPIVersion
from pika.exceptions import AMQPError

from support.servers import PASSWORD, Server, free_port, wait_for


class RedisServer(Server):
    """Keeps its data in an append-only file."""

    BINARY = PACKAGE = "redis-server"
    SCHEME = "redis"
    USER = ""

    def command(self) -> list[str]:
        settings = f"--port {self.port} --bind 127.0.0.1 --appendonly yes --requirepass {PASSWORD}"
        return [self.BINARY, *settings.split()]

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

    def command(self) -> list[str]:
        return [sys.executable, str(Path(__file__).with_name("kafka_cluster.py"))]

    def ready(self) -> bool:
        address = next((line for line in self.output().splitlines() if ":" in line[:20]), "")
        self.port = int(address.rpartition(":")[2] or 0)
        return bool(self.port)

    def start(self) -> None:
        super().start()
        self._tell("up")

    def stop(self) -> None:
        self._tell("down")

    def expect(self, name: str, partitions: int = 1) -> None:
        self._tell(f"topic {name} {partitions}")  # the mock cannot be asked for it by a client

    def _tell(self, command: str) -> None:
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
            wait_for(lambda: _size(consumer, parts) >= count, timeout_s)
            messages = consumer.consume(_size(consumer, parts), timeout=10)
            messages.sort(key=lambda one: (one.partition() or 0, one.offset() or 0))
            return [(one.key(), one.value() or b"") for one in messages]

    def size(self, name: str) -> int:
        """How many messages a topic has."""
        with self._consumer() as consumer:
            return _size(consumer, _partitions(consumer, name))

    @contextlib.contextmanager
    def _consumer(self) -> Iterator[confluent_kafka.Consumer]:
        settings = {"bootstrap.servers": f"127.0.0.1:{self.port}", "group.id": "x", "log_level": 0}
        consumer = confluent_kafka.Consumer(settings)
        yield consumer
        consumer.close()


def _partitions(
    consumer: confluent_kafka.Consumer, name: str
) -> list[confluent_kafka.TopicPartition]:
    found = consumer.list_topics(name, timeout=5).topics[name].partitions
    return [confluent_kafka.TopicPartition(name, number, 0) for number in sorted(found)]


def _size(consumer: confluent_kafka.Consumer, parts: list[confluent_kafka.TopicPartition]) -> int:
    marks = [consumer.get_watermark_offsets(part, timeout=5, cached=False) for part in parts]
    return sum(mark[1] for mark in marks if mark)


class HttpServer(Server):
    """A web hook in a thread of the tests; ``answers`` holds the next answers of a stream."""

    BINARY, PACKAGE = sys.executable, "python3"
    SCHEME = "http"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: dict[str, list[int]] = defaultdict(list)
        self.paused = threading.Event()
        self._stored: dict[str, list[bytes]] = defaultdict(list)
        self._server: ThreadingHTTPServer | None = None
        self._connections: list[Any] = []

    def command(self) -> list[str]:
        return []

    def launch(self) -> None:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                hook._connections.append(self.connection)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                wait_for(lambda: not hook.paused.is_set(), 60)
                status = hook.take(self.path, dict(self.headers), body)
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Hook(ThreadingHTTPServer):
            allow_reuse_address = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # a client that was stopped

        self._server = Hook(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """Keep what a request brought."""
        self.requests.append((path, headers, body))
        name = headers.get("X-Stream", "")
        if self.answers[name]:
            return self.answers[name].pop(0)
        login = base64.b64encode(f"{self.USER}:{PASSWORD}".encode()).decode()
        if headers.get("Authorization") != f"Basic {login}":
            return 401
        lines = headers["Content-Type"] == "application/x-ndjson"
        events = body.splitlines() if lines else map(orjson.dumps, orjson.loads(body))
        self._stored[name].extend(events)
        return 200

    def ready(self) -> bool:
        return self._server is not None

    def start(self) -> None:
        if self._server is None:
            self.launch()

    def end(self, number: object = None) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(2)
        self._connections.clear()

    def stop(self) -> None:
        self.end()

    def pause(self) -> None:
        self.paused.set()

    def resume(self) -> None:
        self.paused.clear()

    def events(self, name: str, count: int, timeout_s: float = 20) -> list[bytes]:
        wait_for(lambda: len(self._stored[name]) >= count, timeout_s)
        return list(self._stored[name])


class MqttServer(Server):
    """Mosquitto; a client with a session that outlives restarts keeps what it publishes."""

    BINARY = PACKAGE = "mosquitto"
    SCHEME = "mqtt"

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
            "max_queued_messages 0\nmax_inflight_messages 0\n"
        )
        return [self.BINARY, "-c", str(settings)]

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

        def subscribe(*_: object) -> None:
            reader.subscribe(name, qos=2)

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
        wait_for(lambda: len(self._arrived[name]) >= count, timeout_s)
        return list(self._arrived[name])


class AmqpServer(Server):
    """RabbitMQ, with an Erlang port mapper of its own."""

    BINARY, PACKAGE = "/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server"
    SCHEME = "amqp"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._epmd_port = free_port()
        self._parameters = pika.ConnectionParameters(
            "127.0.0.1", self.port, credentials=pika.PlainCredentials(self.USER, PASSWORD)
        )

    def command(self) -> list[str]:
        return [self.BINARY]

    def environment(self) -> dict[str, str]:
        (self.folder / "plugins").write_text("[].")
        (self.folder / "rabbit.conf").write_text(
            f"default_user = {self.USER}\ndefault_pass = {PASSWORD}\n"
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
        }
        mapper = {"ERL_EPMD_PORT": str(self._epmd_port), "ERL_EPMD_ADDRESS": "127.0.0.1"}
        variables = {f"RABBITMQ_{name}": value for name, value in own.items()}
        return {**os.environ, "HOME": str(self.folder), **mapper, **variables}

    def ready(self) -> bool:
        with contextlib.suppress(AMQPError, OSError):
            pika.BlockingConnection(self._parameters).close()
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
        connection = pika.BlockingConnection(self._parameters)
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
    SCHEME = "nats"

    def command(self) -> list[str]:
        settings = f"-a 127.0.0.1 -p {self.port} -js -sd {self.folder}/data --user {self.USER}"
        return [self.BINARY, *settings.split(), "--pass", PASSWORD]

    def ready(self) -> bool:
        return asyncio.run(self._ready())

    async def _ready(self) -> bool:
        with contextlib.suppress(Exception):
            client = await self._client()
            await client.jetstream(timeout=1).account_info()
            await client.close()
            return True
        return False

    async def _client(self) -> NatsClient:
        async def quiet(error: Exception) -> None:
            pass

        return await nats.connect(
            f"nats://127.0.0.1:{self.port}",
            user=self.USER,
            password=PASSWORD,
            allow_reconnect=False,
            error_cb=quiet,
        )

    def events(self, name: str, count: int, timeout_s: float = 20) -> list[bytes]:
        return asyncio.run(self._events(name, count, timeout_s))

    async def _events(self, name: str, count: int, timeout_s: float) -> list[bytes]:
        client = await self._client()
        found: list[bytes] = []
        subscription = await client.jetstream().subscribe(name, ordered_consumer=True)
        with contextlib.suppress(NatsTimeoutError):
            while True:
                wait_s = timeout_s if len(found) < count else 0.2
                found.append((await subscription.next_msg(wait_s)).data)
        await client.close()
        return found


BROKERS: dict[str, type[Server]] = {
    "mqtt": MqttServer,
    "nats": NatsServer,
    "redis": RedisServer,
    "kafka": KafkaServer,
    "http": HttpServer,
    "amqp": AmqpServer,
}
