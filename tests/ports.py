"""A port for a server of a test's own."""

from __future__ import annotations

import random
import socket

# below what systems give to outgoing connections: between being found free and being listened to nobody is given it
PORTS = range(20_000, 32_000)


def free_port() -> int:
    """Return a port of the loopback address on which nobody listens."""
    dice = random.SystemRandom()
    while True:
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port := dice.choice(PORTS)))
            except OSError:
                continue
            return port
