"""The web server: two processes of eight threads on HOST:PORT. WEB_WORKERS and WEB_THREADS change that."""

import gc
import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
preload_app = True  # imported once and shared: half the memory and half the time to the first page
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 120  # a POST of many traces is read and stored within one request
graceful_timeout = 8
keepalive = 15
# The heartbeat file of a worker must not wait for a busy disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  memory, and mkstemp names the file
control_socket_disable = True
loglevel = "warning"


def when_ready(_: object) -> None:
    """What was imported is nobody's garbage: it is not looked through again, and stays shared between the processes."""
    gc.collect()
    gc.freeze()
