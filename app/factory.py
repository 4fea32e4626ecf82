"""The composition root: the one file that knows every part."""

import importlib
from pathlib import Path

from flask import Flask
from flask_wtf.csrf import CSRFProtect

import modules
from app import cli, ids, logs, numbering, processes, tasks, usage
from app.api import operations
from app.config import ROOT, Settings
from app.crypto.keyring import Keyring
from app.crypto.master import LocalMasterKey
from app.crypto.suites import suite_named
from app.db import db, places, tracking
from app.db.engines import make_engines
from app.db.routes import Routes
from app.db.units import Place
from app.events import subscriptions
from app.i18n import init_i18n
from app.jobs import runner
from app.nodes import lease_node
from app.registry import Registry
from app.relay import Worker
from app.web import access, assets, budgets, headers, health, limits, problems, read_after, sessions, shell
from tenants.directory import TenantDirectory

KERNEL_TABLES = (
    numbering,
    places,
    processes,
    tasks,
    tracking,
)  # imported so that every process knows their tables
KERNEL_MANIFESTS = ("app.manifest", "tenants.manifest")


def create_app(settings: Settings | None = None) -> Flask:
    """Wire one application. Nothing connects to a database before the first use."""
    settings = settings or Settings.from_environment()
    app = Flask("app", root_path=str(ROOT / "app"), static_folder="static", template_folder="templates")
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    logs.install(settings.log_format)
    _configure(app, settings)
    registry = _install_manifests(app)
    directory = TenantDirectory(registry)
    app.extensions["his_directory"] = directory
    app.extensions["his_place_of"] = lambda tenant_id: _place(directory, tenant_id)
    app.extensions["his_engines"] = engines = make_engines(settings)
    app.extensions["his_routes"] = Routes(engines, list(settings.partition_urls))
    suite = suite_named(settings.crypto_suite)
    app.extensions["his_keyring"] = Keyring(LocalMasterKey(settings.master_secret(), suite), suite)
    ids.use_lease(lambda: _lease(app))
    parts = (
        headers,
        assets,
        problems,
        health,
        sessions,
        budgets,
        read_after,
        shell,
        limits,
        processes,
        usage,
    )
    for part in parts:
        part.install(app)
    for command in cli.COMMANDS:
        app.cli.add_command(command)
    operations.install(app, registry)
    runner.install(app)
    access.refuse_undeclared(app)
    return app


def start_workers(app: Flask) -> Worker:
    """The embedded relay and sealer, for an installation without processes of their own."""
    with app.app_context():
        for partition in app.extensions["his_settings"].partition_urls:
            runner.recover(partition)
    worker = Worker(app)
    worker.start()
    return worker


def _configure(app: Flask, settings: Settings) -> None:
    app.extensions["his_settings"] = settings
    secure = settings.environment == "production"
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI="sqlite://",  # engines are made by app.db.engines, by key and mode
        SQLALCHEMY_BINDS={"control": "sqlite://"},
        SESSION_COOKIE_NAME="__Host-his" if secure else "his",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=16 * 1024 * 1024,
        WTF_CSRF_CHECK_DEFAULT=False,  # app.web.sessions asks for the token, save from programs with a bearer
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        WTF_CSRF_SSL_STRICT=secure,
        PROPAGATE_DEFECTS=settings.environment == "test",
    )
    db.init_app(app)
    csrf = CSRFProtect(app)
    app.extensions["his_csrf"] = csrf
    init_i18n(app, [str(folder) for folder in translation_folders()], settings.district_zone)


def translation_folders() -> list[Path]:
    """The catalogues of all rooms, the kernel's first."""
    rooms = [ROOT / "app", ROOT / "tenants", *(ROOT / "modules" / name for name in modules.INSTALLED)]
    return [room / "translations" for room in rooms if (room / "translations").is_dir()]


def _install_manifests(app: Flask) -> Registry:
    registry = Registry()
    app.extensions["his_registry"] = registry
    subscriptions.clear()
    for name in (*KERNEL_MANIFESTS, *(f"modules.{name}.manifest" for name in modules.INSTALLED)):
        module = importlib.import_module(name).module
        if name.startswith("modules."):
            importlib.import_module(
                name.replace(".manifest", ".services")
            )  # registers its use cases and tables
        registry.add(module)
        for blueprint in module.blueprints:
            app.register_blueprint(blueprint)
        for kind, subscriber in module.now:
            subscriptions.add_now(kind, subscriber)
        for kind, subscriber in module.later:
            subscriptions.add_later(kind, subscriber)
        for command in module.commands:
            app.cli.add_command(command)
    return registry


def _place(directory: TenantDirectory, tenant_id: int) -> Place:
    tenant = directory.place(tenant_id)
    return Place(tenant.partition, tenant.zone, tenant.epoch)


def _lease(app: Flask) -> int:
    with app.app_context():
        return lease_node()
