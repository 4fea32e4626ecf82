"""The operator's command for long work."""

import click
from flask import current_app
from flask.cli import with_appcontext

from app.jobs import runner
from app.jobs.registry import QUEUES
from app.jobs.runner import RedisRunner


@click.command("worker")
@click.option(
    "--queue", "names", multiple=True, type=click.Choice(QUEUES), help="only this queue; may be repeated"
)
@with_appcontext
def run_worker(names: tuple[str, ...]) -> None:
    """Do long work from the Redis queues until stopped (processes of their own in a deployment).

    Without a queue it serves both, the desks' first. A district runs at least one for the desks alone.
    """
    from rq import SimpleWorker

    found = current_app.extensions["his_jobs"]
    if not isinstance(found, RedisRunner):
        raise SystemExit("REDIS_URL is not set: the web server does long work itself, on a thread")
    for partition in current_app.extensions["his_settings"].partition_urls:
        runner.recover(partition)
    queues = [found.queue(name) for name in names or QUEUES]
    SimpleWorker(queues, connection=queues[0].connection).work()
