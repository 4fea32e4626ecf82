"""What the window must be able to explain about a resident's file."""

from app.errors import Conflict, DomainError
from app.i18n import N_


class SameDocumentOtherName(Conflict):
    """The document number belongs to somebody of another name: a typing error or a change of name."""

    code = "patients.same_document_other_name"
    message = N_(
        "This number already belongs to %(name)s (%(record_no)s). A typing error, or a change of name?"
    )


class AlreadyOnFile(Conflict):
    """The same person has a file already."""

    code = "patients.already_on_file"
    message = N_("This person already has a file: %(record_no)s.")


class PerhapsOnFile(Conflict):
    """Files that may be the same person; the window must say that this one is new."""

    code = "patients.perhaps_on_file"
    message = N_(
        "There may be a file already: %(candidates)s. Open it, or confirm that this is another person."
    )


class GuardianNeeded(DomainError):
    """A child needs a guardian."""

    code = "patients.guardian_needed"
    message = N_("Please give a guardian: the patient is below %(years)s years.")


class SamePersonTwice(DomainError):
    """Merging a file with itself."""

    code = "patients.same_file"
    message = N_("These are the same file.")


class SecondPersonNeeded(DomainError):
    """Whoever proposed a merge may not approve it."""

    code = "patients.second_person_needed"
    message = N_("A second person must decide this.")


class MergeNotPossible(Conflict):
    """A file is already merged, or the merge was already decided."""

    code = "patients.merge_not_possible"
    message = N_("One of these files is already merged, or this was already decided.")


class CardTaken(Conflict):
    """The card belongs to another file."""

    code = "patients.card_taken"
    message = N_("This card already belongs to another file.")


class OnlyThroughGuardian(DomainError):
    """A child asks for its own data: the guardian must."""

    code = "patients.only_through_guardian"
    message = N_("For a child under 14 only the guardian may ask.")


class AlreadyAnswered(Conflict):
    """A request of a resident was answered before."""

    code = "patients.already_answered"
    message = N_("This request has already been answered.")
