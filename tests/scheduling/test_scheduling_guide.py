"""The Python of the planning guide runs as it is printed."""

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "scheduling.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("code", [block for block in BLOCKS if "print(" in block])
def test_a_block_that_prints_runs_as_it_is_printed(code: str, capsys) -> None:
    exec(compile(code, "guide", "exec"), {})
    assert capsys.readouterr().out.strip()
