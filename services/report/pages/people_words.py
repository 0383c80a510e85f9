"""Words for people: roles, what they did, and why something cannot be."""

from datetime import datetime

from services.report.domain.people import PeopleError, Role
from services.report.pages.i18n import _


def role(which: Role) -> str:
    """What somebody is."""
    return {Role.MANAGER: _("Manager"), Role.ANALYST: _("Analyst"), Role.ADMIN: _("Admin")}[which]


def role_help(which: Role) -> str:
    """What somebody may do."""
    return {
        Role.MANAGER: _("sees the numbers of their places, exports them, schedules reports"),
        Role.ANALYST: _("also makes groups of shops and API tokens"),
        Role.ADMIN: _("also lets people in and looks after shops and cameras"),
    }[which]


def action(which: str) -> str:
    """What somebody did, as the audit log says it."""
    return {
        "viewed": _("Viewed"),
        "refused": _("Was refused"),
        "exported": _("Exported"),
        "signed_in": _("Signed in"),
        "signed_out": _("Signed out"),
        "sign_in_failed": _("Failed to sign in"),
        "sign_in_refused": _("Was kept from signing in"),
        "password_changed": _("Changed their password"),
        "token_made": _("Made an API token"),
        "token_revoked": _("Revoked an API token"),
        "person_added": _("Let somebody in"),
        "person_changed": _("Changed a person"),
        "person_disabled": _("Disabled a person"),
        "person_enabled": _("Enabled a person"),
        "password_reset": _("Reset a password"),
        "shop_added": _("Added a shop"),
        "shop_changed": _("Changed a shop"),
        "camera_added": _("Added a camera"),
        "camera_changed": _("Changed a camera"),
        "camera_disabled": _("Disabled a camera"),
        "camera_enabled": _("Enabled a camera"),
        "secret_rotated": _("Made a new secret"),
        "region_renamed": _("Renamed a region"),
        "city_renamed": _("Renamed a city"),
        "estate_imported": _("Imported a list of cameras"),
        "estate_exported": _("Exported the list of cameras"),
        "estate_published": _("Published the estate"),
        "schedule_made": _("Scheduled a report"),
        "schedule_changed": _("Changed a scheduled report"),
        "schedule_paused": _("Paused a scheduled report"),
        "schedule_resumed": _("Went on with a scheduled report"),
        "schedule_sent_now": _("Had a scheduled report sent"),
        "schedule_deleted": _("Deleted a scheduled report"),
        "face_labelled": _("Labelled a face"),
        "report_sent": _("A scheduled report was sent"),
    }.get(which, which.replace("_", " ").capitalize())


def refusal(error: PeopleError) -> str:
    """Why something cannot be, as a sentence."""
    sentences = {
        "no_email": _("%(email)s is not an e-mail address."),
        "no_name": _("A name is missing."),
        "no_role": _("%(role)s is not a role."),
        "no_place": _("%(place)s is not a place: choose one of the list."),
        "no_places": _("A place is missing: the world, or what they may see of it."),
        "unknown_place": _("There is no %(place)s in the estate."),
        "there_already": _("%(email)s is there already."),
        "nobody": _("Nobody is called so."),
        "last_admin": _("%(email)s is the last admin: make somebody else admin first."),
        "short": _("The password needs %(number)s characters or more."),
        "long": _("The password may have %(number)s characters at most."),
        "common": _("This password is one of the first that are tried."),
        "is_email": _("The password must not be the e-mail address."),
        "typed_twice": _("The new password was typed in two ways."),
        "wrong_password": _("The password that you have now is another one."),
        "same_password": _("The new password is the old one."),
        "no_language": _("There is no such translation."),
        "no_tokens": _("Only analysts and admins have API tokens."),
        "token_days": _("An API token lasts 1 to %(number)s days."),
    }
    return sentences[error.reason] % error.values if error.reason in sentences else f"{error}."


def moment(when: datetime | None) -> str:
    """A moment in UTC, to the minute: the log is read across time zones."""
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else "\u2013"
