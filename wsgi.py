"""Entry point for gunicorn."""

import gc
import os

from app.db.engines import dispose_engines
from app.db.isolation import watch_roles
from app.factory import create_app, start_workers
from app.memory import keep_small

keep_small()
application = create_app()
with application.app_context():
    watch_roles(
        application.extensions["his_engines"],
        is_production=application.extensions["his_settings"].environment == "production",
    )
    dispose_engines(application)  # the look at the roles leaves no connection behind for a fork to share
gc.collect()
gc.freeze()  # mapped classes and templates live as long as the process: no collection needs to walk them
gc.set_threshold(20_000, 20, 20)
is_command = os.environ.get("FLASK_RUN_FROM_CLI") == "true"  # `flask check`, `flask db upgrade`: no server
if application.extensions["his_settings"].embedded_workers and not is_command:
    start_workers(application)
