"""Pages of invoices."""

from modules.invoices.views import books as _books  # noqa: F401  declares its routes
from modules.invoices.views import electronic as _electronic  # noqa: F401  declares its routes
from modules.invoices.views import papers as _papers  # noqa: F401  declares its routes
from modules.invoices.views import platform as _platform  # noqa: F401  declares its routes
from modules.invoices.views.pages import blueprint as blueprint
from modules.invoices.views.places import bill_invoices as bill_invoices
from modules.invoices.views.places import receipt_invoice as receipt_invoice
from modules.invoices.views.places import shift_invoices as shift_invoices
from modules.invoices.views.places import shift_paper_invoices as shift_paper_invoices
