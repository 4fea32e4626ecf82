"""Gunicorn for one application server: ``gunicorn -c deploy/gunicorn.conf.py wsgi:application``."""

import os

bind = os.environ.get("HIS_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("HIS_WEB_WORKERS", "4"))
worker_class = "gthread"
threads = 24  # 12 for the screens of waiting halls, which hold one each, and more than one centre's HIS_CENTRE_REQUESTS
timeout = 60
graceful_timeout = 45  # a stop lets running requests end; systemd waits longer than this
keepalive = 30
forwarded_allow_ips = (
    "127.0.0.1"  # what the desks' addresses are is the product's matter: HIS_TRUSTED_PROXIES
)
limit_request_line = 8190
errorlog = "-"
loglevel = "warning"
control_socket_disable = True
preload_app = False  # each worker leases its own node number, and a reload brings the new release
