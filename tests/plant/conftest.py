from pathlib import Path

import pytest

from danao.plant import check_plant

SOUND = """\
plant: machine shop
products:
  bracket:
    route:
      - {station: saw, time: 4 min}
      - {station: mill, time: {triangular: [5 min, 7 min, 12 min]}, setup_class: steel, scrap: 0.01}
      - {station: wash, time: {lognormal: [3 min, 1 min]}, setup_class: alu, rework: 0.05, rework_to: mill}
stations:
  saw: {machines: 2, buffer: 10, rule: fifo}
  mill:
    buffer: 5
    failure: {clock: operation, up: {exponential: 8 h}, down: {exponential: 30 min}}
    energy: {working: 12 kW, idle: 3 kW}
  wash:
sources:
  - {product: bracket, gaps: {exponential: 5 min}, due_after: 8 h}
  - {product: bracket, saturated: true}
"""


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "plant.yaml"
    path.write_text(SOUND)
    return path


@pytest.fixture
def mistakes(sound: Path):
    """What is said about the sound plant after each `old` is replaced by its `new`, the folder cut off."""

    def mistakes(*changes: tuple[str, str], **tables: str) -> list[str]:
        text = sound.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        sound.write_text(text)
        for name, content in tables.items():
            sound.with_name(f"{name}.csv").write_text(content)
        return [str(mistake).replace(f"{sound.parent}/", "") for mistake in check_plant(sound)]

    return mistakes
