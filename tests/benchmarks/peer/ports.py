"""A port nobody listens on."""

import socket


def free_port() -> int:
    """One that the system gave a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
