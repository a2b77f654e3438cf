"""Plants as Asset Administration Shells (IEC 63278): AASX packages and JSON, out and in, without loss."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from danao.core.errors import BadInput, MissingExtra
from danao.core.files import write_atomically
from danao.plant.model import Plant

_SUFFIXES = (".aasx", ".json")


def to_aas(plant: Plant, path: Path) -> Path:
    """Write a plant as an Asset Administration Shell that `from_aas` turns into exactly the same plant.

    The shell has a submodel for the plant itself and one for each of its lists; concept descriptions give the units
    and the names of ISA-95.

    Args:
        plant: Any plant.
        path: The file: `.aasx` (a package with JSON) or `.json`.

    Raises:
        BadInput: The file has another suffix, or the plant holds what the file cannot, such as NaN.
        MissingExtra: The extra `aas` is not installed.
        StorageError: The file cannot be written.
    """
    suffix, shell = _suffix(path), _shell(path)
    content: bytes = shell.packed(plant, suffix)
    if shell.unpacked(content, suffix, str(path)) != plant:
        found = "would read back as another plant"
        raise BadInput(f"plant {plant.name}", found, "Expected the types of the plant model", "Correct its values")
    return write_atomically(path, content)


def from_aas(path: Path) -> Plant:
    """The plant in an Asset Administration Shell that `to_aas`, or an AAS tool after it, wrote.

    Submodels of other makers beside it are left alone.

    Args:
        path: The file: `.aasx` (XML or JSON inside) or `.json`.

    Raises:
        BadInput: No such file, no AAS, no plant in it or several, a value that is missing or wrong (with its path), or
            a newer version of the vocabulary.
        MissingExtra: The extra `aas` is not installed.
    """
    suffix, shell = _suffix(path), _shell(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        found = f"cannot be read ({error.strerror})"
        raise BadInput(str(path), found, "Expected an AASX or JSON file", "Check the path") from None
    plant: Plant = shell.unpacked(content, suffix, str(path))
    return plant


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        found = f"the suffix {suffix!r}" if suffix else "no suffix"
        raise BadInput(str(path), found, f"Expected {' or '.join(_SUFFIXES)}", "Rename the file")
    return suffix


def _shell(path: Path) -> ModuleType:
    try:
        import_module("basyx.aas.model")
    except ImportError:
        raise MissingExtra(
            str(path), "basyx-python-sdk is not installed", "Expected the extra", 'Run pip install "danao[aas]"'
        ) from None
    return import_module("danao.plant.aas_shell")
