"""Static files as the product serves them: hashed, compressed, and a page's small modules sent as one file."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

ENTRIES = ("js/annotate.js", "js/news.js")
IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"(?P<path>[^"]+)";\n', re.MULTILINE)
NAME = re.compile(r"^(?:async )?(?:function|const|let|class) (?P<name>\w+)", re.MULTILINE)
LEFT_OUT = re.compile(r"^\s*(?://.*|/\*.*\*/)?\n|^[ \t]+", re.MULTILINE)  # lines of comments, empty ones, indentation


class OneFilePerPage(CompressedManifestStaticFilesStorage):
    """`collectstatic` joins the modules of each entry; where sources are served as they are, they work unjoined."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Write the joined entries first, so that they are hashed and compressed like any other file."""
        for entry in ENTRIES:
            if entry in paths and not dry_run:
                source, _ = paths[entry]
                self.delete(entry)
                self.save(entry, ContentFile(joined(source, entry).encode()))
                paths[entry] = (self, entry)
        yield from super().post_process(paths, dry_run=dry_run, **options)


def joined(source: Storage, entry: str) -> str:
    """An entry and all that it imports as one module, each behind what it needs."""
    modules: dict[str, str] = {}
    collect(source, entry, modules)
    names = [name for text in modules.values() for name in NAME.findall(text)]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{entry}: modules that are joined must not share names, as these do: {sorted(twice)}.")
    return LEFT_OUT.sub("", "".join(modules.values()))


def collect(source: Storage, name: str, modules: dict[str, str]) -> None:
    """Add the module `name` behind those it imports, each once."""
    with source.open(name) as file:
        text = file.read().decode()
    for found in IMPORT.finditer(text):
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(name), found["path"]))
        if wanted not in modules:
            collect(source, wanted, modules)
    modules[name] = re.sub(r"^export ", "", IMPORT.sub("", text), flags=re.MULTILINE)
