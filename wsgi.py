"""Entry point for gunicorn."""

import gc

from app.factory import create_app, start_workers
from app.memory import keep_small

keep_small()
application = create_app()
gc.collect()
gc.freeze()  # mapped classes and templates live as long as the process: no collection needs to walk them
gc.set_threshold(20_000, 20, 20)
if application.extensions["his_settings"].embedded_workers:
    start_workers(application)
