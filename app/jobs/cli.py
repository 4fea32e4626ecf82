"""The operator's command for long work."""

import click
from flask import current_app
from flask.cli import with_appcontext

from app.jobs import runner
from app.jobs.runner import RedisRunner


@click.command("worker")
@with_appcontext
def run_worker() -> None:
    """Do long work from the Redis queue until stopped (a process of its own in a deployment)."""
    from rq import SimpleWorker

    found = current_app.extensions["his_jobs"]
    if not isinstance(found, RedisRunner):
        raise SystemExit("REDIS_URL is not set: the web server does long work itself, on a thread")
    for partition in current_app.extensions["his_settings"].partition_urls:
        runner.recover(partition)
    SimpleWorker([found.queue], connection=found.queue.connection).work()
