"""The folder of a release: what its manifest names, and nothing else."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404

from annotation.models import Release

MANIFEST, CARD = "manifest.json", "README.md"


def folder(release: Release) -> Path:
    """Where the release lies."""
    return Path(settings.RELEASES_DIR) / str(release.pk)


def listed(release: Release) -> list[dict[str, Any]]:
    """{name, bytes, rows, sha256} of every file."""
    return [{"name": name, **entry} for name, entry in sorted(release.manifest.get("files", {}).items())]


def path(release: Release, name: str) -> Path:
    """The file's place; 404 for a name that the manifest does not hold, or whose file is gone."""
    is_known = name in release.manifest.get("files", {}) or (name == MANIFEST and release.manifest)
    found = folder(release) / name
    if not is_known or not found.is_file():
        raise Http404
    return found


def card(release: Release) -> str:
    """The data card as markdown; empty while there is none."""
    found = folder(release) / CARD
    return found.read_text(encoding="utf-8") if release.manifest and found.is_file() else ""
