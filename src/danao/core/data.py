"""The registry of public data sets: what each is, where it comes from, and how to find it on this machine.

Looked up in this order: the folder `DANAO_DATA`, `../shared/data` beside a source checkout, a download cache.
Nothing that is fetched is ever part of the repository or the wheel.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from danao.core.errors import BadInput, MissingData


@dataclass(frozen=True)
class DataSet:
    """A public data set, pinned file by file."""

    name: str
    title: str
    folder: str
    """Path below a data root."""
    origin: str
    """Where its makers publish it."""
    licence: str
    citation: str
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 by file name."""
    base_url: str = ""
    """Address of the folder that holds the very same files, for the download cache; empty: no such place is known."""
    note: str = ""
    """How the files differ from what their makers publish."""

    def hashes(self) -> dict[str, str]:
        """SHA-256 by `data set/file`, for the provenance of a proof."""
        return {f"{self.name}/{file}": digest for file, digest in self.files.items()}


def roots() -> list[Path]:
    """Folders that are searched for data, in order."""
    places = []
    if os.environ.get("DANAO_DATA"):
        places.append(Path(os.environ["DANAO_DATA"]))
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "pyproject.toml").exists():
        places.append(checkout.parent / "shared" / "data")
    places.append(cache_folder())
    return places


def cache_folder() -> Path:
    """Where downloads go: `DANAO_CACHE`, else the user's cache folder."""
    import platformdirs

    return Path(os.environ.get("DANAO_CACHE") or platformdirs.user_cache_dir("danao")) / "data"


def data_set(name: str) -> DataSet:
    """The registered data set of that name.

    Raises:
        BadInput: No such data set.
    """
    if name not in REGISTRY:
        raise BadInput(
            f"data set {name!r}",
            "not in the registry",
            f"Expected one of: {', '.join(sorted(REGISTRY))}",
            "Run `danao data list`",
        )
    return REGISTRY[name]


def find(name: str) -> Path | None:
    """Folder of a data set on this machine, or None where no root holds it. Contents are not checked."""
    folder = data_set(name).folder
    return next((root / folder for root in roots() if (root / folder).is_dir()), None)


def locate(name: str, *, verify: bool = True) -> Path:
    """Folder of a data set, with every file checked against its pinned SHA-256.

    Raises:
        MissingData: The set, or one of its files, is absent or damaged; the message says what to do.
    """
    wanted = data_set(name)
    folder = find(name)
    if folder is None:
        raise MissingData(
            f"data set {name}",
            f"not found in {', '.join(str(root) for root in roots())}",
            f"Expected a folder {wanted.folder} with {len(wanted.files)} files",
            f"Run `danao data get {name}`"
            if wanted.base_url
            else f"Get it from {wanted.origin} and set DANAO_DATA to the folder that holds {wanted.folder}"
            + _as_noted(wanted),
        )
    if verify:
        for file, digest in wanted.files.items():
            _checked_bytes(folder / file, digest, wanted)
    return folder


@contextmanager
def verified_copy(name: str, files: Iterable[str] | None = None) -> Iterator[Path]:
    """A private copy of files whose every byte was checked, for as long as the context lasts.

    What is parsed from it is what was verified: nobody can change a file between the check and the reading, and no
    unregistered file beside the registered ones is seen.

    Args:
        name: The data set.
        files: Some of its registered files, by default all.

    Raises:
        MissingData: The set, or one of the files, is absent or damaged.
    """
    wanted = data_set(name)
    folder = locate(name, verify=False)
    with tempfile.TemporaryDirectory(prefix=f"danao-{name}-") as place:
        for file in wanted.files if files is None else files:
            (Path(place) / file).parent.mkdir(parents=True, exist_ok=True)
            (Path(place) / file).write_bytes(_checked_bytes(folder / file, wanted.files[file], wanted))
        yield Path(place)


def fetch(name: str) -> Path:
    """Folder of a data set, downloaded into the cache if no root holds it.

    Raises:
        MissingData: It cannot be downloaded, or what came is not what was pinned.
    """
    if find(name) is not None:
        return locate(name)
    wanted = data_set(name)
    if not wanted.base_url:
        return locate(name)
    import pooch

    target = cache_folder() / wanted.folder
    downloader = pooch.create(
        path=target, base_url=wanted.base_url, registry={f: f"sha256:{d}" for f, d in wanted.files.items()}
    )
    try:
        for file in wanted.files:
            downloader.fetch(file)
    except Exception as error:
        raise MissingData(
            f"data set {name}",
            f"the download from {wanted.base_url} failed ({error})",
            "Expected the pinned files",
            f"Check the network, or copy {wanted.folder} from another machine and set DANAO_DATA",
        ) from error
    return locate(name)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checked_bytes(path: Path, digest: str, wanted: DataSet) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MissingData(
            str(path),
            f"cannot be read ({error.strerror})",
            f"Expected {len(wanted.files)} files of data set {wanted.name}",
            f"Restore the file from {wanted.origin}{_as_noted(wanted)}",
        ) from None
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise MissingData(
            str(path),
            f"damaged or of another version (SHA-256 {found[:12]}...)",
            f"Expected SHA-256 {digest[:12]}...",
            f"Delete the file and restore it from {wanted.origin}{_as_noted(wanted)}",
        )
    return content


def _as_noted(wanted: DataSet) -> str:
    return f" (note: {wanted.note})" if wanted.note else ""


_HEAT_TREATMENT = DataSet(
    name="heat-treatment",
    title="Executed schedules of a steel company's heat-treatment line, 10 planning periods",
    folder="scheduling/heat_treatment",
    origin="github.com/anaclg/mo-matheuristic-nwfsp-sdst (commit 013e510)",
    licence="CC BY-SA 4.0",
    citation="Gomes, Ravetti, Carrano: Computers & Industrial Engineering 151 (2021) 106929",
    note="a conversion of 10 of the 24 published periods, the others are held out by the project: of each published "
    "JSON only `Parameters`, floats rounded to 9 decimals; published_results.csv compiled from the published outputs",
    files={
        "instance01.json": "2611041ff45da5975c670a1aa5eaabe97ebce43eaefc93947eefe20bb5b81293",
        "instance02.json": "77b5990ce63f6dfc8e9d48f89d3200829fa0ffb531a16fe0633b9f320255c16d",
        "instance03.json": "2d692799963d38411e96a9184fc9c6a0d3245bec00051be570c095b0b7f80d90",
        "instance04.json": "fe9947aabf6041db71528a4f7487c1a9455668018bb46c90dc036b532939314e",
        "instance06.json": "6f90e9562facd1f207c57dfa4392a71eda4a09bbb7efa663fede8d25a33d8777",
        "instance08.json": "9a42752253309b57cbad4c8b2ccd5206664c019e8514613bbc2d7014f555bbdb",
        "instance12.json": "91c834e0e3e68d7a192406b7bd72d9fa49e5766bbf838aaa5d11a1d7bb2e884f",
        "instance16.json": "35935027c82024d30b18a3968c2cb09dc7edcc1826320c14242b930562a9ad76",
        "instance20.json": "f43bc9a79ae925c94472709c340f48bdf948ebb8c54d6f9d92909bd6268d8d3d",
        "instance24.json": "753d3154ed082e54b754fc5151df7841e2ea12277af6f4c927cad3a0f347cf39",
        "published_results.csv": "e289c9309a49489623397f2ff6d669b044094d17457c47bd752dc0649e605c67",
    },
)

REGISTRY: dict[str, DataSet] = {entry.name: entry for entry in (_HEAT_TREATMENT,)}
