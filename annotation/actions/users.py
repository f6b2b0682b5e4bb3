"""What people set for themselves."""

from annotation.models import User


def set_single_keys(*, user: User, is_on: bool) -> None:
    """Switch the single-key shortcuts of the annotate screen on or off."""
    user.has_single_keys = is_on
    user.save(update_fields=["has_single_keys"])
