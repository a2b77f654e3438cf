import json
from pathlib import Path
from typing import Any

import pytest

from danao.core.errors import BadInput
from danao.scheduling import evaluate, read_instance, read_published_results


def document() -> dict[str, Any]:
    return {
        "ProcessTimeTotal": [2.0, 3.0],
        "ProcessTimeByJob": [1.0, 2.0],
        "ProcessTimeByJobAndMachine": [[1.0], [1.0]],
        "SetupTime": [[[0.0], [0.5]], [[0.5], [0.0]]],
        "WaitingTime": [[1.0, 2.5], [3.5, 2.0]],
        "DueDates": [0, 1],
        "VolumeGasByJob": [10.0, 20.0],
        "VolumeGasIdleTime": [[0.0, 3.0], [4.0, 0.0]],
        "CostNaturalGas": 2,
        "NumberJobs": 2,
        "NumberMachines": 1,
    }


def write(folder: Path, parameters: dict[str, Any]) -> Path:
    path = folder / "line.json"
    path.write_text(json.dumps({"Parameters": parameters}))
    return path


def test_an_instance_is_read_with_due_dates_at_the_end_of_the_day(tmp_path: Path) -> None:
    line = read_instance(write(tmp_path, document()))
    assert line.due_hours.tolist() == [24.0, 48.0]
    assert evaluate(line, [1, 0]).cost == 2 * (10 + 20 + 4)
    assert evaluate(line, [1, 0]).completion_hours.tolist() == [5.5, 3.0]


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("WaitingTime", [[1.0, -2.5], [3.5, 2.0]], r"line\.json: Parameters\.WaitingTime\[0\]\[1\]: -2.5"),
        ("WaitingTime", [[1.0, 2.5]], "1 x 2"),
        ("WaitingTime", [[1.0, 2.5], [3.5]], "not a rectangular table"),
        ("VolumeGasByJob", [10.0, float("nan")], r"VolumeGasByJob\[1\]: nan"),
        ("DueDates", [0], "shape 1"),
        ("DueDates", ["soon", 1], "not a rectangular table"),
        ("NumberJobs", 2.5, "whole number"),
        ("Surprise", 1, "unknown key"),
    ],
)
def test_a_wrong_value_is_refused_with_file_and_path(tmp_path: Path, key: str, value: Any, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        read_instance(write(tmp_path, document() | {key: value}))


def test_a_missing_key_or_a_broken_file_is_refused(tmp_path: Path) -> None:
    parameters = document()
    del parameters["DueDates"]
    with pytest.raises(BadInput, match="'DueDates' is missing"):
        read_instance(write(tmp_path, parameters))
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with pytest.raises(BadInput, match="not JSON"):
        read_instance(broken)
    broken.write_text("[]")
    with pytest.raises(BadInput, match="Parameters"):
        read_instance(broken)


def test_a_published_sequence_that_repeats_a_job_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    header = (
        "instance,n_jobs,real_total_tardiness_h,real_energy_cost,front_total_tardiness_h,front_energy_cost,sequence"
    )
    path.write_text(f'{header}\na,2,1.0,5.0,0.0,4.0,"1,0"\n')
    assert read_published_results(path)[0].sequence.tolist() == [1, 0]
    path.write_text(f'{header}\na,2,1.0,5.0,0.0,4.0,"1,1"\n')
    with pytest.raises(BadInput, match=r"results\.csv:2.*job 1 is used 2 times"):
        read_published_results(path)
