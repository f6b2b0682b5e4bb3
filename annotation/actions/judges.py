"""Judges, set up by managers."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from annotation.actions import events
from annotation.enqueue import enqueue
from annotation.errors import Invalid, Refused
from annotation.models import Judge, Project, User
from annotation.models.judges import JudgeProvider

WHOLE = {"attempts", "max_tokens"}
PRICES = {"input_price", "output_price"}
LIMITS = {"timeout_s", "total_s"} | WHOLE | PRICES


class NotFit(Refused):
    """The judge is not clearly better than chance on gold."""

    type = "judge-not-fit"


@transaction.atomic
def create(
    *,
    project: Project,
    actor: User,
    now: datetime,
    name: str,
    provider: str,
    model: str = "",
    base_url: str = "",
    api_key_env: str = "",
    settings: dict[str, Any] | None = None,
) -> Judge:
    """A new judge; it starts on the project's items in the background."""
    if provider not in set(JudgeProvider.values):
        raise Invalid(f"There is no provider {provider!r}; choose among {', '.join(JudgeProvider.values)}.")
    if not name.strip():
        raise Invalid("Give the judge a name.")
    if provider == JudgeProvider.ENDPOINT:
        check_address(base_url)
    if provider in (JudgeProvider.ENDPOINT, JudgeProvider.LIKELIHOOD) and not model.strip():
        raise Invalid("Name the judge's model.")
    # Only variables meant for judges: a judge must not be able to send another secret of this server to its endpoint.
    if api_key_env and not re.fullmatch(r"JUDGE_[A-Z0-9_]{1,60}", api_key_env):
        raise Invalid("api_key_env must name a variable that starts with JUDGE_, such as JUDGE_API_KEY.")
    wanted = checked_settings(settings or {})
    try:
        with transaction.atomic():
            judge = Judge.objects.create(
                project=project, name=name.strip()[:80], provider=provider, model=model.strip(), base_url=base_url,
                api_key_env=api_key_env, settings=wanted, created_at=now,
            )  # fmt: skip
    except IntegrityError:
        raise Invalid(f"The project has a judge called {name!r} already; choose another name.") from None
    events.record("judge.created", project=project, actor=actor, now=now, subject=judge.pk, provider=provider)
    summon(project.pk)
    return judge


def summon(project: int) -> None:
    """Have the project's judges look at what they have not seen; one round at a time, and one waiting."""
    enqueue("judges.judge", project=project, lock=f"judge-{project}", once=f"judge-{project}")


@transaction.atomic
def set_automatic(*, judge: Judge, is_automatic: bool, actor: User, now: datetime) -> Judge:
    """Let a judge decide without a person, or stop it; refused unless gold shows it is better than chance."""
    locked = Judge.objects.select_for_update().get(pk=judge.pk)
    if is_automatic and not (locked.gate or {}).get("sentence", "").startswith("accepted"):
        sentence = (locked.gate or {}).get("sentence", "it was not tried on known answers yet.")
        raise NotFit(f"{locked.name} may not decide by itself; {sentence}")
    if locked.is_automatic != is_automatic:
        locked.is_automatic = is_automatic
        locked.save(update_fields=["is_automatic"])
        events.record(
            "judge.automatic", project=locked.project_id, actor=actor, now=now, subject=locked.pk, on=is_automatic
        )
    return locked


def check_address(base_url: str) -> None:
    """Refuse what is no web address, and what holds a secret: the address is shown to people."""
    address = urlsplit(base_url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise Invalid("An endpoint judge needs a base_url that starts with https:// (or http:// on your own network).")
    if address.username or address.password or address.query or address.fragment:
        raise Invalid("The base_url must not hold a name, password or query; name the key's variable in api_key_env.")


def checked_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Limits as positive numbers, the rubric as text."""
    for key, value in settings.items():
        if key == "rubric":
            if not isinstance(value, str) or "\x00" in value or len(value) > 20_000:
                raise Invalid("The rubric must be text of at most 20,000 characters.")
        elif key not in LIMITS:
            raise Invalid(f"A judge has no setting called {key}.")
        elif isinstance(value, bool) or not isinstance(value, int if key in WHOLE else int | float):
            raise Invalid(f"{key} must be a {'whole ' if key in WHOLE else ''}number.")
        elif value < 0 or (value == 0 and key not in PRICES):
            raise Invalid(f"{key} must be above 0.")
    return settings
