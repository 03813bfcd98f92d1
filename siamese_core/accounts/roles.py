"""Order the roles: each may do what those before it may, and more."""

from siamese_core.errors import UserError

ANNOTATOR, REVIEWER, OWNER = ROLES = ("annotator", "reviewer", "owner")


def allows(role: str, needed: str) -> bool:
    """Return whether somebody with `role` may do what needs the role `needed`."""
    return ROLES.index(role) >= ROLES.index(needed)


def checked_role(text: object) -> str:
    """Return the role. UserError where it is none."""
    if text not in ROLES:
        raise UserError(f"A role is one of {', '.join(ROLES)}. Received: {ascii(text)[:40]}. Correct it.")
    return text
