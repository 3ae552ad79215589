"""The web server. `gunicorn clinic.wsgi` reads this file; every figure can be set from outside."""

import os
from pathlib import Path

wsgi_app = "clinic.wsgi"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
# SQLite has one writer at a time: two processes keep both cores busy, more only queue.
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 30
graceful_timeout = 5
keepalive = 5
# The heartbeat file must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - memory, not a disk
loglevel = "warning"
# Runtime control is by signals; no socket in the home folder.
control_socket_disable = True
# An import before the fork would share one database pool among the workers.
preload_app = False
# Which address is asked for is said by the address alone, by no header.
forwarder_headers = ""
