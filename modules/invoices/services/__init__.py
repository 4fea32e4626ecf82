"""Everything that changes invoices."""

from modules.invoices.services.books import hand_out_book as hand_out_book
from modules.invoices.services.books import register_book as register_book
from modules.invoices.services.books import take_back_book as take_back_book
from modules.invoices.services.books import void_book as void_book
from modules.invoices.services.electronic import note_refunded as note_refunded
from modules.invoices.services.electronic import note_settled as note_settled
from modules.invoices.services.electronic import retry_electronic as retry_electronic
from modules.invoices.services.papers import follow_refund as follow_refund
from modules.invoices.services.papers import print_again as print_again
from modules.invoices.services.papers import print_paper as print_paper
from modules.invoices.services.papers import print_red as print_red
from modules.invoices.services.papers import replace_paper as replace_paper
from modules.invoices.services.papers import spoil_next as spoil_next
from modules.invoices.services.papers import void_paper as void_paper
from modules.invoices.services.platform import connect as connect
