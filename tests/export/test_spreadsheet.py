"""A real spreadsheet program reads the table: LibreOffice, without its window."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from pathlib import Path

import pytest

from runner.export.formats import Format, encode
from tests.builders import result_row
from tests.export.exports import export_of

PROMPTS = [
    "一只可爱的小猫坐在窗台上，阳光洒在它的身上",
    '=HYPERLINK("http://example.com","x")',
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\t=2+2",
    'two\nlines, and a "quote"',
    "😀 猫 | ; '",
]
SOFFICE = shutil.which("soffice")
UTF8 = "44,34,76,1"
"""Filter options: comma, quote, UTF-8, from the first line on."""


def convert(folder: Path, name: str, to: str) -> Path:
    """The file in another format, as the program saves it after opening it."""
    program = str(SOFFICE)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    ended = subprocess.run(
        [program, profile, "--headless", f"--infilter=CSV:{UTF8}", "--convert-to", to, name],
        cwd=folder,
        check=False,
        capture_output=True,
        timeout=120,
    )
    made = folder / name.replace(".csv", f".{to.partition(':')[0]}")
    assert made.is_file(), ended.stderr
    return made


@pytest.mark.skipif(SOFFICE is None, reason="soffice is not there: apt install libreoffice-calc")
def test_a_spreadsheet_shows_prompts_as_texts(tmp_path: Path) -> None:
    rows = [result_row(f"j{n}", prompt=prompt) for n, prompt in enumerate(PROMPTS)]
    content = encode(export_of(*rows), Format.CSV, raw=False, to_file=True)
    (tmp_path / "spring.csv").write_bytes(content)
    # Flat XML has a formula beside its value: that there is none shows that all are texts.
    assert "table:formula" not in convert(tmp_path, "spring.csv", "fods").read_text("utf-8")
    shown = convert(tmp_path, "spring.csv", f"txt:Text - txt - csv (StarCalc):{UTF8}")
    read = csv.DictReader(io.StringIO(shown.read_text("utf-8-sig"), newline=""))
    expected = [f"'{text}" if text[0] in "=+-@\t" else text for text in PROMPTS]
    assert [row["prompt"] for row in read] == expected
