"""Accounts of a centre or of the district, offers to work there too, programs and their API tokens."""

from collections.abc import Collection

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
    form.perform_or_raise(by=current_actor())
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
    form.perform_or_raise(by=current_actor())
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
    """API tokens of the place, and the programs they belong to."""
    return _tokens_page()


@blueprint.post("/tokens")
@requires("accounts.token.manage")
def issue_token() -> ResponseReturnValue:
    """Issue a token; its text is in this one answer and nowhere else."""
    account_id, label = request.form.get("account_id", type=int), request.form.get("label", "").strip()
    is_said = bool(label) and label.isprintable()
    wrong = {name for name, is_good in (("account_id", account_id), ("label", is_said)) if not is_good}
    if account_id is None or wrong:
        return _tokens_page(wrong=wrong), 422
    try:
        token = services.issue_token(account_id=account_id, label=label, by=current_actor())
    except DomainError as refusal:
        return _tokens_page(message=refusal.text), refusal.status
    return _tokens_page(fresh=token)


@blueprint.post("/programs")
@requires("accounts.token.manage")
def create_program() -> ResponseReturnValue:
    """Open the account of a program; it comes in with tokens or signs with a key."""
    form = Form(services.create_program, request.form)
    if account := form.perform(by=current_actor()):
        flash(gettext("The account %(name)s was opened.", name=account.sign_in_name), "success")
        return redirect(url_for(".show_tokens"), 303)
    return _tokens_page(program_form=form), 422


@blueprint.get("/keys")
@requires("accounts.token.manage")
def show_keys() -> ResponseReturnValue:
    """The keys that programs of the place sign with."""
    return _keys_page(Form(services.register_key))


@blueprint.post("/keys")
@requires("accounts.token.manage")
def register_key() -> ResponseReturnValue:
    """Take a program's public key."""
    form = Form(services.register_key, request.form)
    if key := form.perform(by=current_actor()):
        flash(gettext("The key is registered; its number is %(id)s.", id=key.id), "success")
        return redirect(url_for(".show_keys"), 303)
    return _keys_page(form), 422


@blueprint.post("/keys/<int:key_id>/end")
@requires("accounts.token.manage")
def end_key(key_id: int) -> ResponseReturnValue:
    """Refuse what is signed with it from now on."""
    form = Form(services.end_key, request.form, key_id=key_id)
    form.perform_or_raise(by=current_actor())
    return redirect(url_for(".show_keys"), 303)


@blueprint.post("/tokens/<int:sign_in_id>/end")
@requires("accounts.token.manage")
def revoke_token(sign_in_id: int) -> ResponseReturnValue:
    """End a token at once."""
    form = Form(services.revoke_token, request.form, sign_in_id=sign_in_id)
    form.perform_or_raise(by=current_actor())
    return redirect(url_for(".show_tokens"), 303)


def _programs() -> list[tuple[int, str]]:
    return [
        (member.account.id, f"{member.account.display_name} ({member.account.sign_in_name})")
        for member in queries.list_members(by=current_actor())
        if member.membership.is_enabled and member.account.is_program
    ]


def _tokens_page(
    *, fresh: str = "", message: str = "", wrong: Collection[str] = (), program_form: Form | None = None
) -> str:
    by = current_actor()
    return render_template(
        "accounts/tokens.html",
        tokens=queries.list_tokens(by=by),
        accounts=[*_programs(), (by.account_id, by.name)],
        fresh=fresh,
        message=message,
        wrong=wrong,
        program_form=program_form or Form(services.create_program),
        roles=_roles(),
    )


def _keys_page(form: Form) -> str:
    keys = queries.list_program_keys(by=current_actor())
    return render_template("accounts/keys.html", keys=keys, key_form=form, programs=_programs())
