"""What the kernel itself adds to the product: accounts, the home page, the trail and the outbox."""

from app.accounts import views as accounts
from app.i18n import N_
from app.jobs.cli import run_worker
from app.registry import EVERYONE, EVERYWHERE, Duty, MenuEntry, Module, Permission, Scope, Waiting
from app.web import health, home, jobs, lookups, own_account, sessions, trail

SECURITY = ("security_administrator", "district_security")

module = Module(
    name="accounts",
    label=N_("Accounts"),
    is_optional=False,
    blueprints=(
        sessions.blueprint,
        own_account.blueprint,
        home.blueprint,
        lookups.blueprint,
        health.blueprint,
        jobs.blueprint,
        accounts.blueprint,
        trail.blueprint,
    ),
    commands=(run_worker,),
    acts={
        "sign_in.begun": N_("Signed in"),
        "sign_in.refused": N_("Sign-in refused"),
        "sign_in.ended": N_("Own sign-in ended"),
        "sign_in.switched": N_("Place changed"),
        "account.created": N_("Account opened"),
        "account.program_created": N_("Program account opened"),
        "offer.made": N_("Place offered"),
        "offer.withdrawn": N_("Offer of a place taken back"),
        "offer.accepted": N_("Offer of a place accepted"),
        "offer.declined": N_("Offer of a place declined"),
        "account.roles_changed": N_("Roles changed"),
        "account.password_reset": N_("Password reset"),
        "account.password_changed": N_("Password changed"),
        "token.issued": N_("API token issued"),
        "token.revoked": N_("API token revoked"),
        "job.started": N_("Long-running work started"),
        "job.cancelled": N_("Long-running work stopped"),
        "delivery.sent_again": N_("Message sent again"),
        "daily.finished": N_("Daily work finished"),
        "daily.failed": N_("Daily work failed"),
    },
    permissions=(
        Permission("accounts.self.manage", N_("Keep one's own account"), EVERYWHERE, scope=Scope.ANYWHERE),
        Permission(
            "accounts.account.manage",
            N_("Open accounts and give roles"),
            SECURITY,
            scope=Scope.ANYWHERE,
            duty=Duty.SECURITY,
        ),
        Permission(
            "accounts.token.manage",
            N_("Issue and revoke API tokens"),
            SECURITY,
            scope=Scope.ANYWHERE,
            duty=Duty.SECURITY,
        ),
        Permission(
            "accounts.audit.view",
            N_("Read the audit trail"),
            ("auditor", "district_auditor"),
            scope=Scope.ANYWHERE,
            duty=Duty.AUDIT,
        ),
        Permission(
            "accounts.outbox.manage",
            N_("See and resend the outbox"),
            ("administrator",),
            duty=Duty.SYSTEM,
        ),
        Permission("accounts.daily.run", N_("Carry out the daily work")),
        Permission("accounts.job.view", N_("See and stop one's own long-running work"), EVERYONE),
        Permission("accounts.job.start", N_("Start long-running work"), EVERYONE),
    ),
    menu=(
        MenuEntry(
            N_("Accounts"),
            "accounts.show_accounts",
            icon="users-group",
            permission="accounts.account.manage",
            group="administration",
            order=30,
        ),
        MenuEntry(
            N_("Audit trail"),
            "trail.show_trail",
            icon="history",
            permission="accounts.audit.view",
            group="administration",
            order=70,
        ),
        MenuEntry(
            N_("Outbox"),
            "trail.show_outbox",
            icon="send",
            permission="accounts.outbox.manage",
            group="administration",
            order=72,
        ),
        MenuEntry(
            N_("API tokens"),
            "accounts.show_tokens",
            icon="key",
            permission="accounts.token.manage",
            group="administration",
            order=80,
        ),
        MenuEntry(
            N_("Long-running work"),
            "jobs.show_jobs",
            icon="clock",
            permission="accounts.job.view",
            group="administration",
            order=90,
        ),
    ),
    waiting=(
        Waiting(
            N_("Messages given up"),
            "accounts.outbox.manage",
            "trail.show_outbox",
            trail.dead_heap,
            icon="send",
            nothing=N_("Every message reached those who wait for it."),
            order=60,
        ),
        Waiting(
            N_("My long-running work"),
            "accounts.audit.view",
            "jobs.show_jobs",
            jobs.open_heap,
            icon="clock",
            nothing=N_("Start one in the menu, for instance the proof of the audit trail."),
        ),
    ),
)
