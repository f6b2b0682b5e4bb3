"""People who may sign in."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from annotation.errors import Invalid
from annotation.models import User


@transaction.atomic
def add(*, username: str, password: str, first_name: str = "", last_name: str = "") -> User:
    """A new login; the password must stand up to the site's rules."""
    user = User(username=username, first_name=first_name, last_name=last_name)
    try:
        validate_password(password, user)
        user.set_password(password)
        user.full_clean()
    except ValidationError as problem:
        raise Invalid(" ".join(problem.messages)) from problem
    user.save()
    return user
