from __future__ import annotations

import shutil

import pytest

from support.brokers import BROKERS
from support.servers import Servers


@pytest.fixture(scope="session", autouse=True)
def _slow_server_starts_early(request: pytest.FixtureRequest, server_of: Servers) -> None:
    wanted = any("[amqp" in item.nodeid for item in request.session.items)
    if wanted and shutil.which(BROKERS["amqp"].BINARY):
        server_of.launched("amqp")
