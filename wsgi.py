"""Entry point for gunicorn."""

from app.factory import create_app, start_workers

application = create_app()
if application.extensions["his_settings"].embedded_workers:
    start_workers(application)
