"""Accounts of a centre or of the district, offers to work there too, programs and their API tokens."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries, services
from app.accounts.profiles import Profile
from app.accounts.services.places import known_roles
from app.errors import DomainError
from app.i18n import gettext
from app.registry import Role
from app.web.access import current_actor, requires
from app.web.forms import Form

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")


def _roles() -> list[tuple[str, str]]:
    return [(role, Role(role).label) for role in known_roles(current_actor()) if role in set(Role)]


@blueprint.get("/")
@requires("accounts.account.manage")
def show_accounts() -> ResponseReturnValue:
    """Who may sign in here, as what, and who is locked."""
    by = current_actor()
    return render_template(
        "accounts/list.html",
        members=queries.list_members(by=by),
        offers=queries.list_offers(by=by),
        labels=dict(_roles()),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@requires("accounts.account.manage")
def create_account() -> ResponseReturnValue:
    """Open an account; the one-time code for its owner is in this one answer and nowhere else."""
    typed = request.form if request.method == "POST" else None
    form = Form(services.invite, typed)
    if typed is not None and (invitation := form.perform(by=current_actor())):
        return render_template("accounts/code.html", invitation=invitation)
    has_staff = current_actor().tenant_id is not None
    page = render_template("accounts/new.html", form=form, roles=_roles(), has_staff=has_staff)
    return page, 200 if typed is None else 422


@blueprint.route("/offers/new", methods=["GET", "POST"])
@requires("accounts.account.manage")
def offer_membership() -> ResponseReturnValue:
    """Offer somebody who has an account elsewhere to work here too."""
    typed = request.form if request.method == "POST" else None
    form = Form(services.offer_membership, typed)
    if typed is not None and form.perform(by=current_actor()):
        flash(
            gettext("If there is such an account, its owner sees the offer at the next sign-in."), "success"
        )
        return redirect(url_for(".show_accounts"), 303)
    has_staff = current_actor().tenant_id is not None
    page = render_template("accounts/offer.html", form=form, roles=_roles(), has_staff=has_staff)
    return page, 200 if typed is None else 422


@blueprint.post("/offers/<int:offer_id>/withdrawal")
@requires("accounts.account.manage")
def withdraw_offer(offer_id: int) -> ResponseReturnValue:
    """Take an offer back."""
    form = Form(services.withdraw_offer, request.form, offer_id=offer_id)
    if not form.perform(by=current_actor()):
        raise form.refusal or DomainError
    return redirect(url_for(".show_accounts"), 303)


@blueprint.route("/<int:account_id>", methods=["GET", "POST"])
@requires("accounts.account.manage")
def change_account(account_id: int) -> ResponseReturnValue:
    """Change the roles of an account, or close it here."""
    member = queries.get_member(account_id, by=current_actor())
    typed = request.form if request.method == "POST" else None
    start = {"roles": member.membership.roles, "is_enabled": member.membership.is_enabled}
    form = Form(services.change_roles, typed, start=start, account_id=account_id)
    if typed is not None and form.perform(by=current_actor()):
        flash(gettext("Saved."), "success")
        return redirect(url_for(".show_accounts"), 303)
    page = _account_page(member, form, Form(services.reset_password))
    return page, 200 if typed is None else 422


@blueprint.post("/<int:account_id>/password")
@requires("accounts.account.manage")
def reset_password(account_id: int) -> ResponseReturnValue:
    """Give a one-time code and unlock the account."""
    member = queries.get_member(account_id, by=current_actor())
    form = Form(services.reset_password, request.form, account_id=account_id)
    if invitation := form.perform(by=current_actor()):
        return render_template("accounts/code.html", invitation=invitation)
    start = {"roles": member.membership.roles, "is_enabled": member.membership.is_enabled}
    return _account_page(member, Form(services.change_roles, start=start), form), 422


@blueprint.post("/<int:account_id>/person")
@requires("accounts.account.manage")
def note_person(account_id: int) -> ResponseReturnValue:
    """Note whose account it is, so that the watch knows the owner's own health record."""
    member = queries.get_member(account_id, by=current_actor())
    form = Form(services.note_person, request.form, account_id=account_id)
    if form.perform(by=current_actor()):
        flash(gettext("Saved."), "success")
        return redirect(url_for(".change_account", account_id=account_id), 303)
    start = {"roles": member.membership.roles, "is_enabled": member.membership.is_enabled}
    roles_form = Form(services.change_roles, start=start)
    return _account_page(member, roles_form, Form(services.reset_password), person_form=form), 422


def _account_page(
    member: queries.Member, form: Form, password_form: Form, *, person_form: Form | None = None
) -> str:
    return render_template(
        "accounts/show.html",
        member=member,
        form=form,
        password_form=password_form,
        person_form=person_form or Form(services.note_person),
        person_noted_at=queries.person_noted_at(member.account.id),
        roles=_roles(),
        factor=queries.find_factor(member.account.id),
    )


@blueprint.post("/<int:account_id>/second-factor/reset")
@requires("accounts.account.manage")
def reset_factor(account_id: int) -> ResponseReturnValue:
    """Take away a lost second factor."""
    form = Form(services.reset_factor, request.form, account_id=account_id)
    if not form.perform(by=current_actor()):
        raise form.refusal or DomainError
    flash(gettext("The second factor is set up anew at the next sign-in."), "success")
    return redirect(url_for(".change_account", account_id=account_id), 303)


@blueprint.route("/policy", methods=["GET", "POST"])
@requires("accounts.policy.change")
def show_policy() -> ResponseReturnValue:
    """Which school of password rules holds in every centre."""
    typed = request.form if request.method == "POST" else None
    form = Form(services.change_password_profile, typed, start={"profile": services.present_profile().value})
    if typed is not None and form.perform(by=current_actor()):
        flash(gettext("Saved."), "success")
        return redirect(url_for(".show_policy"), 303)
    page = render_template("accounts/policy.html", form=form, profiles=Profile.options())
    return page, 200 if typed is None else 422


@blueprint.get("/tokens")
@requires("accounts.token.manage")
def show_tokens() -> ResponseReturnValue:
    """API tokens of the centre, and the programs they belong to."""
    return _tokens_page("", "", Form(services.create_program))


@blueprint.post("/tokens")
@requires("accounts.token.manage")
def issue_token() -> ResponseReturnValue:
    """Issue a token; its text is in this one answer and nowhere else."""
    account_id, label = request.form.get("account_id", type=int), request.form.get("label", "").strip()
    program_form = Form(services.create_program)
    if account_id is None or not label or not label.isprintable():
        text = gettext("Please choose an account and say what the token is for.")
        return _tokens_page("", text, program_form), 422
    try:
        token = services.issue_token(account_id=account_id, label=label, by=current_actor())
    except DomainError as refusal:
        return _tokens_page("", refusal.text, program_form), refusal.status
    return _tokens_page(token, "", program_form)


@blueprint.post("/programs")
@requires("accounts.token.manage")
def create_program() -> ResponseReturnValue:
    """Open the account of a program; it signs in with tokens only."""
    form = Form(services.create_program, request.form)
    if account := form.perform(by=current_actor()):
        flash(gettext("The account %(name)s was opened.", name=account.sign_in_name), "success")
        return redirect(url_for(".show_tokens"), 303)
    return _tokens_page("", "", form), 422


@blueprint.post("/tokens/<int:sign_in_id>/end")
@requires("accounts.token.manage")
def revoke_token(sign_in_id: int) -> ResponseReturnValue:
    """End a token at once."""
    form = Form(services.revoke_token, request.form, sign_in_id=sign_in_id)
    if not form.perform(by=current_actor()):
        raise form.refusal or DomainError
    return redirect(url_for(".show_tokens"), 303)


def _tokens_page(fresh: str, message: str, program_form: Form) -> str:
    by = current_actor()
    accounts = [
        (member.account.id, f"{member.account.display_name} ({member.account.sign_in_name})")
        for member in queries.list_members(by=by)
        if member.membership.is_enabled and (member.account.is_program or member.account.id == by.account_id)
    ]
    return render_template(
        "accounts/tokens.html",
        tokens=queries.list_tokens(by=by),
        accounts=accounts,
        fresh=fresh,
        message=message,
        program_form=program_form,
        roles=_roles(),
    )
