"""Tables of invoices."""

from modules.invoices.models.books import Book as Book
from modules.invoices.models.books import Custody as Custody
from modules.invoices.models.books import CustodyAct as CustodyAct
from modules.invoices.models.electronic import ElectronicInvoice as ElectronicInvoice
from modules.invoices.models.electronic import Exchange as Exchange
from modules.invoices.models.papers import Paper as Paper
from modules.invoices.models.papers import PaperPrint as PaperPrint
from modules.invoices.models.platform import PlatformConnection as PlatformConnection
