"""The modules of a page, sent as one file."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage

from annotation.static_files import ENTRIES, joined


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_and_its_modules_become_one_file_that_imports_nothing(entry: str) -> None:
    found = joined(FileSystemStorage(settings.BASE_DIR / "static"), entry)

    assert not any(line.startswith(("import ", "export ", "//")) for line in found.splitlines())
    assert len(found.encode()) < 45_000


def test_a_module_stands_once_and_before_those_that_need_it(tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    (tmp_path / "page/words.js").write_text("// Why.\n\nexport const word = 1;\n")
    (tmp_path / "page/more.js").write_text('import { word } from "./words.js";\n\nexport const more = word + 1;\n')
    (tmp_path / "page.js").write_text(
        'import { more } from "./page/more.js";\nimport { word } from "./page/words.js";\nshow(more, word);\n'
    )

    found = joined(FileSystemStorage(tmp_path), "page.js")

    assert found == "const word = 1;\nconst more = word + 1;\nshow(more, word);\n"


def test_modules_that_share_a_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other.js").write_text("const same = 1;\n")
    (tmp_path / "page.js").write_text('import "./other.js";\nfunction same() {}\n')

    with pytest.raises(ValueError, match=r"must not share names.*same"):
        joined(FileSystemStorage(tmp_path), "page.js")
