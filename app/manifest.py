"""What the kernel itself adds to the product: accounts, the home page, the trail and the outbox."""

from app.i18n import N_
from app.registry import EVERYONE, Module, Permission
from app.web import health, home, lookups, sessions

module = Module(
    name="accounts",
    label=N_("Accounts"),
    is_optional=False,
    blueprints=(sessions.blueprint, home.blueprint, lookups.blueprint, health.blueprint),
    permissions=(
        Permission("accounts.self.manage", N_("Change one's own password"), EVERYONE),
        Permission("accounts.account.manage", N_("Open accounts and give roles"), ("administrator",)),
        Permission("accounts.token.manage", N_("Issue and revoke API tokens"), ("administrator",)),
        Permission("accounts.audit.view", N_("Read the audit trail"), ("auditor",)),
        Permission("accounts.outbox.manage", N_("See and resend the outbox"), ("administrator",)),
        Permission("accounts.job.view", N_("See long-running work"), EVERYONE),
    ),
)
