"""Jobs that build releases."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from annotation.actions import release_folders

RETRY = RetryStrategy(max_attempts=3, exponential_wait=5)


@app.task(name="releases.build", queue="long", retry=RETRY)
def build(*, release: int) -> None:
    """Write the folder and freeze the rows."""
    release_folders.run(release=release, now=timezone.now())
