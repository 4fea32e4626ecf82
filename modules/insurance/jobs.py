"""Long work with the insurer."""

from app.actor import Actor
from app.i18n import N_
from app.jobs import Handle, Paper, job
from modules.insurance import services


@job(
    "insurance.catalogue.download",
    "insurance.mapping.change",
    N_("Download the insurer's catalogue"),
    writes=True,
)
def download(*, handle: Handle, by: Actor) -> Paper | None:
    """Fetch all catalogues, ceilings and shares, page by page."""

    def step(done: int, of: int) -> bool:
        handle.step(done, of)
        return not handle.is_cancelled

    services.download_catalogue(by=by, step=step)
    return None


@job("insurance.mapping.upload", "insurance.mapping.change", N_("Tell the insurer our mappings"), writes=True)
def upload(*, handle: Handle, by: Actor) -> Paper | None:
    """Upload every mapping that the insurer does not know (3301)."""
    services.upload_mappings(by=by)
    handle.step(1, 1)
    return None
