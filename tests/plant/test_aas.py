"""A plant comes back from an Asset Administration Shell as it went in, and the shell is one by the standard's tests."""

import io
import json
import math
import random
import sys
import types
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Literal, Union, get_args, get_origin, get_type_hints
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from danao.app import cli
from danao.core.errors import BadInput, MissingExtra
from danao.plant import (
    Distribution,
    EnergyStates,
    Family,
    Plant,
    Product,
    Segment,
    Source,
    Station,
    example,
    examples,
    read_plant,
)
from danao.plant.aas import from_aas, to_aas

model = pytest.importorskip("basyx.aas.model", reason='the extra "aas" is not installed')
aasx = pytest.importorskip("basyx.aas.adapter.aasx", reason='the extra "aas" is not installed')
UNITS = pytest.importorskip("danao.plant.aas_concepts").UNITS
shell = pytest.importorskip("danao.plant.aas_shell")
packed, unpacked = shell.packed, shell.unpacked

SUFFIXES = (".aasx", ".json")


class Anything:
    """Values that a type hint allows, sound or not as parts of a plant: a new field of the model needs no code here.

    The shape comes from a seed and the scalars from hypothesis: a plant has far more places than hypothesis can draw.
    """

    def __init__(self, seed, texts, numbers, integers):
        self.random = random.Random(seed)
        self.scalars = {str: texts, float: numbers, int: integers, bool: (False, True), types.NoneType: (None,)}

    def __call__(self, hint):
        origin, inside, choose = get_origin(hint), get_args(hint), self.random.choice
        if hint in self.scalars:
            return choose(self.scalars[hint])
        if hint is Distribution:
            family = choose(list(Family))
            size = {Family.CONSTANT: 1, Family.EXPONENTIAL: 1, Family.TRIANGULAR: 3}.get(family, 2)
            return Distribution(family, tuple(sorted(self.random.lognormvariate(0, 9) for _ in range(size))))
        if is_dataclass(hint):
            hints = get_type_hints(hint)
            return hint(**{field.name: self(hints[field.name]) for field in fields(hint)})
        if origin in (Union, types.UnionType):
            return self(choose(inside))
        if origin is Literal:
            return choose(inside)
        if origin is tuple and inside[-1] is ...:
            return tuple(self(inside[0]) for _ in range(self.random.randrange(3)))
        if origin is tuple:
            return tuple(self(member) for member in inside)
        if origin is not None and issubclass(origin, Mapping):
            return {self(inside[0]): self(inside[1]) for _ in range(self.random.randrange(3))}
        assert issubclass(hint, Enum), f"no values for {hint}"
        return choose(list(hint))


ANYTHING = st.builds(
    Anything,
    st.integers(0, 2**32),
    st.lists(st.text(st.characters(), max_size=6), min_size=1, max_size=8),
    # The conformance tests take the very largest doubles for too large.
    st.lists(st.floats(-1e300, 1e300) | st.sampled_from([math.inf, -math.inf]), min_size=1, max_size=8),
    st.lists(st.integers(), min_size=1, max_size=4),
)


@contextmanager
def unsound_plants_allowed():
    """A file holds any plant, whether it could run or not."""
    with mock.patch("danao.plant.model.problems", return_value=()):
        yield


def reached(hint):
    """Every dataclass in a type hint."""
    inside = get_type_hints(hint).values() if is_dataclass(hint) else get_args(hint)
    return ({hint} if is_dataclass(hint) else set()).union(*(reached(one) for one in inside))


def complaints(content: bytes, suffix: str) -> list[str]:
    """What the conformance tests of the standard find in a file."""
    engine = pytest.importorskip("aas_test_engines.file", reason='the extra "dev" is not installed')
    if suffix == ".json":
        result = engine.check_json_file(io.StringIO(content.decode()))
    else:
        result = engine.check_aasx_file(io.BytesIO(content))
    return [] if result.level.name == "INFO" else list(result.to_lines())


def small(name="shop", **station):
    time = Distribution(Family.TRIANGULAR, (0.1, 0.2, 0.5))
    return Plant(
        name, (Station("saw", **station),), (Product("bracket", (Segment("saw", time),)),), (Source("bracket"),)
    )


@pytest.fixture
def changed(tmp_path):
    """Reads the small plant after its JSON was changed: the message, without the folder."""

    def changed(change) -> str:
        path = to_aas(small(setup={("steel", "*"): 0.5}), tmp_path / "plant.json")
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document))
        with pytest.raises(BadInput) as caught:
            from_aas(path)
        assert caught.value.expected
        assert caught.value.remedy
        return str(caught.value).replace(f"{tmp_path}/", "")

    return changed


def submodel(document, name):
    return next(one for one in document["submodels"] if one["idShort"] == name)


def saw(document):
    return submodel(document, "WorkCenters")["submodelElements"][0]["value"][0]["value"]


def element(elements, name):
    return next(one for one in elements if one["idShort"] == name)


# Out and in


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", examples())
def test_every_example_comes_back_the_same_and_is_a_shell_by_the_standard(name, suffix, tmp_path):
    path = to_aas(example(name), tmp_path / f"plant{suffix}")
    assert from_aas(path) == example(name)
    assert complaints(path.read_bytes(), suffix) == []


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANYTHING, st.sampled_from(SUFFIXES))
def test_whatever_the_fields_hold_comes_back_the_same_and_is_a_shell_by_the_standard(anything, suffix):
    with unsound_plants_allowed():
        plant = anything(Plant)
        content = packed(plant, suffix)
        assert unpacked(content, suffix, "plant") == plant
    assert complaints(content, suffix) == []


def test_the_plants_of_these_tests_hold_every_class_of_the_model():
    def held(value):
        if is_dataclass(value):
            yield type(value)
            value = vars(value)
        if isinstance(value, Mapping):
            value = (*value.keys(), *value.values())
        for one in value if isinstance(value, tuple) else ():
            yield from held(one)

    with unsound_plants_allowed():
        plants = [Anything(seed, ["a"], [1.0], [1])(Plant) for seed in range(20)]
    assert {kind for plant in plants for kind in held(plant)} == reached(Plant)


def test_a_package_with_xml_inside_is_read_as_well():
    with unsound_plants_allowed():
        plant = Anything(4, ["", " ", "a\x00b", "\ud800", "\r\n", "<&\"'>", "漢"], [0.1, -math.inf], [2**70])(Plant)
        store, content = model.DictIdentifiableStore(), io.BytesIO()
        with aasx.AASXReader(io.BytesIO(packed(plant, ".aasx"))) as reader:
            reader.read_into(store, aasx.DictSupplementaryFileContainer())
        with aasx.AASXWriter(content) as writer:
            writer.write_all_aas_objects("/aasx/plant.xml", store, aasx.DictSupplementaryFileContainer())
        assert unpacked(content.getvalue(), ".aasx", "plant") == plant


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "name", ["", " ", "a\x00b", "\ud800", "\r\n", "<&\"'>", "ä/№ 漢字", '"json"', "null", "x" * 3000]
)
def test_any_name_survives(name, suffix, tmp_path):
    plant = small(name)
    path = to_aas(plant, tmp_path / f"plant{suffix}")
    assert from_aas(path).name == name
    assert complaints(path.read_bytes(), suffix) == []


def test_every_number_with_a_fraction_has_a_unit():
    def fractions(hint):
        if is_dataclass(hint):
            return False
        return hint is float or any(fractions(one) for one in get_args(hint))

    hints = {f"{one.__name__}.{name}": hint for one in reached(Plant) for name, hint in get_type_hints(one).items()}
    assert {name for name, hint in hints.items() if fractions(hint)} == set(UNITS)


def test_units_and_isa_95_names_are_told_to_other_tools(tmp_path):
    document = json.loads(to_aas(small(), tmp_path / "plant.json").read_text())
    (shell,) = document["assetAdministrationShells"]
    assert {one["keys"][0]["value"] for one in shell["submodels"]} == {one["id"] for one in document["submodels"]}
    concepts = {
        one["id"]: one["embeddedDataSpecifications"][0]["dataSpecificationContent"]
        for one in document["conceptDescriptions"]
    }
    stations = submodel(document, "WorkCenters")["submodelElements"][0]
    assert stations["modelType"] == "SubmodelElementList"
    assert stations["value"][0]["displayName"] == [{"language": "en", "text": "saw"}]
    machines = element(saw(document), "machines")
    assert (machines["valueType"], machines["value"]) == ("xs:integer", "1")
    warm_up = element(element(saw(document), "energy")["value"], "warm_up")
    assert concepts[warm_up["semanticId"]["keys"][0]["value"]]["unit"] == "h"
    work_center = concepts[stations["value"][0]["semanticId"]["keys"][0]["value"]]
    assert work_center["preferredName"] == [{"language": "en", "text": "Work Center"}]


def test_submodels_of_other_makers_are_left_alone(tmp_path):
    path = to_aas(small(), tmp_path / "plant.json")
    document = json.loads(path.read_text())
    document["submodels"].append({"modelType": "Submodel", "id": "urn:x:nameplate", "idShort": "Nameplate"})
    path.write_text(json.dumps(document))
    assert from_aas(path) == small()


def test_a_value_that_is_missing_takes_its_default(tmp_path):
    path = to_aas(small(machines=4), tmp_path / "plant.json")
    document = json.loads(path.read_text())
    saw(document).remove(element(saw(document), "machines"))
    path.write_text(json.dumps(document))
    assert from_aas(path) == small(machines=1)


# Files that are wrong


def set_value(name, value):
    return lambda document: element(saw(document), name).update(value=value)


def drop_name(document):
    saw(document).remove(element(saw(document), "name"))


def add_unknown(document):
    saw(document).append({**element(saw(document), "name"), "idShort": "colour"})


def empty_name(document):
    del element(saw(document), "name")["value"]


def other_kind(document):
    saw(document)[0] = {"modelType": "Range", "idShort": "name", "valueType": "xs:string"}


def half_a_pair(document):
    element(saw(document), "setup")["value"][0]["value"].pop()


def same_pair_twice(document):
    pairs = element(saw(document), "setup")["value"]
    pairs.append(pairs[0])


def newer(document):
    place = submodel(document, "WorkCenters")["semanticId"]["keys"][0]
    place["value"] = place["value"].replace("/1/", "/2/")


def others_only(document):
    document["submodels"] = [{"modelType": "Submodel", "id": "urn:x:nameplate", "idShort": "Nameplate"}]


def two_plants(document):
    document["submodels"] += [{**one, "id": one["id"] + "2"} for one in document["submodels"]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (set_value("machines", "0"), "plant.json: shop: station saw: machines: 0 machines"),
        (set_value("machines", "two"), "two"),
        (
            lambda document: element(saw(document), "machines").update(valueType="xs:string"),
            "stations[0].machines: '1'",
        ),
        (set_value("blocking", "later"), "plant.json: stations[0].blocking: unknown 'later'"),
        (drop_name, "plant.json: stations[0].name: the value is missing"),
        (empty_name, "plant.json: stations[0].name: the value is missing"),
        (other_kind, "plant.json: stations[0].name: a Range"),
        (add_unknown, "plant.json: stations[0]: unknown element colour"),
        (half_a_pair, "plant.json: stations[0].setup[0]: the elements item1"),
        (same_pair_twice, "plant.json: stations[0].setup[1]: ('steel', '*') is there twice"),
        (newer, "plant.json: WorkCenters: version 2 of the vocabulary"),
        (others_only, "plant.json: no plant among the submodels Nameplate"),
        (two_plants, "plant.json: several submodels"),
        (lambda document: document.update(submodels=[]), "plant.json: no submodels"),
        (lambda document: document.update(submodels=[7]), "plant.json: cannot be read as JSON of an AAS environment"),
    ],
)
def test_a_wrong_value_is_named_with_its_path(changed, change, said):
    assert said in changed(change)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"[]", b"{}", b"null", b"\xff\xfe", b"[" * 5000])
def test_what_is_no_shell_is_bad_input(content, suffix, tmp_path):
    path = tmp_path / f"plant{suffix}"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=str(path)):
        from_aas(path)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_damaged_package_is_the_same_plant_or_bad_input(data):
    content = bytearray(packed(small(), ".aasx"))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        plant = unpacked(bytes(content), ".aasx", "plant.aasx")
    except BadInput:
        return
    assert plant == small()


def test_a_file_that_is_not_there_or_of_another_kind_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        from_aas(tmp_path / "none.aasx")
    with pytest.raises(BadInput, match=r"\.aasx or \.json"):
        to_aas(small(), tmp_path / "plant.xlsx")


def test_a_plant_that_no_file_can_hold_is_refused_and_nothing_is_written(tmp_path):
    with unsound_plants_allowed(), pytest.raises(BadInput, match="nan"):
        to_aas(small(energy=EnergyStates(working=math.nan)), tmp_path / "plant.json")
    assert list(tmp_path.iterdir()) == []


# The commands


@pytest.fixture
def plant_file(tmp_path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(
        "plant: shop\nproducts: {bracket: {route: [{station: saw, time: 4 min}]}}\nstations: {saw: {machines: 2}}\n"
        "sources: [{product: bracket, saturated: true}]\n"
    )
    return path


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_plant_goes_out_and_comes_in_by_the_commands(suffix, plant_file, tmp_path, capsys):
    shell, back = tmp_path / f"shop{suffix}", tmp_path / "back.yaml"
    assert cli.run(["plant", "export", str(plant_file), "--aas", str(shell)]) == 0
    assert cli.run(["plant", "import", str(shell), "-o", str(back), "--json"]) == 0
    assert read_plant(back) == read_plant(plant_file)
    assert json.loads(capsys.readouterr().out.split("\n", 1)[1])["output"] == str(back)


def test_a_wrong_shell_ends_the_command_with_2_and_writes_nothing(plant_file, tmp_path, capsys):
    assert cli.run(["plant", "import", str(plant_file), "-o", str(tmp_path / "back.yaml")]) == 2
    assert ".aasx or .json" in capsys.readouterr().err
    assert not (tmp_path / "back.yaml").exists()


def test_without_the_extra_the_command_says_what_to_install(plant_file, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "basyx.aas.model", None)
    with pytest.raises(MissingExtra):
        from_aas(tmp_path / "plant.aasx")
    assert cli.run(["plant", "export", str(plant_file), "--aas", str(tmp_path / "shop.aasx")]) == 2
    assert 'pip install "danao[aas]"' in capsys.readouterr().err
    assert not (tmp_path / "shop.aasx").exists()
