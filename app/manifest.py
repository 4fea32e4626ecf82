"""What the kernel itself adds to the product: accounts, the home page, the trail and the outbox."""

from app.i18n import N_
from app.jobs.cli import run_worker
from app.registry import EVERYONE, MenuEntry, Module, Permission
from app.web import health, home, jobs, lookups, sessions

module = Module(
    name="accounts",
    label=N_("Accounts"),
    is_optional=False,
    blueprints=(sessions.blueprint, home.blueprint, lookups.blueprint, health.blueprint, jobs.blueprint),
    commands=(run_worker,),
    permissions=(
        Permission("accounts.self.manage", N_("Change one's own password"), EVERYONE),
        Permission("accounts.account.manage", N_("Open accounts and give roles"), ("administrator",)),
        Permission("accounts.token.manage", N_("Issue and revoke API tokens"), ("administrator",)),
        Permission("accounts.audit.view", N_("Read the audit trail"), ("auditor",)),
        Permission("accounts.outbox.manage", N_("See and resend the outbox"), ("administrator",)),
        Permission("accounts.job.view", N_("See and stop one's own long-running work"), EVERYONE),
        Permission("accounts.job.start", N_("Start long-running work"), EVERYONE),
    ),
    menu=(
        MenuEntry(N_("Long-running work"), "jobs.show_jobs", "clock", "accounts.job.view", "administration", 90),
        MenuEntry(N_("Interface for programs"), "api.show_operations", "plug", "accounts.token.manage", "administration", 85),
    ),
)
