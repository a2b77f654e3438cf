import hashlib
import shutil

import pytest

from danao.core import BadInput, data
from danao.core.errors import MissingData


@pytest.fixture
def registered(monkeypatch, tmp_path):
    """A data set of one small file, registered for the test, with every root inside the test's folder."""
    monkeypatch.setenv("DANAO_DATA", str(tmp_path / "root"))
    monkeypatch.setenv("DANAO_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "root" / "small"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("x\n1\n")
    entry = data.DataSet(
        "small", "A small set", "small", "example", "CC0", "nobody", {"a.csv": data.sha256_of(folder / "a.csv")}
    )
    monkeypatch.setitem(data.REGISTRY, "small", entry)
    return entry, folder


def test_a_set_is_found_and_checked(registered):
    entry, folder = registered
    assert data.locate("small") == folder
    assert entry.hashes() == {"small/a.csv": hashlib.sha256(b"x\n1\n").hexdigest()}


def test_a_damaged_file_is_named_with_what_to_do(registered):
    _, folder = registered
    (folder / "a.csv").write_text("x\n2\n")
    with pytest.raises(MissingData, match=r"a.csv: damaged or of another version.*restore it from example"):
        data.locate("small")


def test_a_missing_file_is_named(registered):
    _, folder = registered
    (folder / "a.csv").unlink()
    with pytest.raises(MissingData, match=r"a.csv: cannot be read"):
        data.locate("small")


def test_a_missing_set_says_where_it_was_looked_for_and_how_to_get_it(registered):
    _, folder = registered
    shutil.rmtree(folder)
    with pytest.raises(MissingData, match=r"data set small: not found in .*Get it from example and set DANAO_DATA"):
        data.locate("small")


def test_only_registered_files_are_copied_and_each_is_checked(registered):
    _, folder = registered
    (folder / "b.csv").write_text("unregistered")
    with data.verified_copy("small") as copy:
        assert [path.name for path in copy.iterdir()] == ["a.csv"]
        (folder / "a.csv").write_text("changed after the check")
        assert (copy / "a.csv").read_text() == "x\n1\n"
    assert not copy.exists()
    with pytest.raises(MissingData, match="damaged"), data.verified_copy("small"):
        pass


def test_what_was_done_to_a_set_is_said_where_it_is_missing(registered, monkeypatch):
    from dataclasses import replace

    entry, folder = registered
    monkeypatch.setitem(data.REGISTRY, "small", replace(entry, note="rounded"))
    shutil.rmtree(folder)
    with pytest.raises(MissingData, match=r"\(note: rounded\)"):
        data.locate("small")


def test_an_unknown_set_lists_the_known_ones():
    with pytest.raises(BadInput, match="heat-treatment"):
        data.data_set("nothing")


def test_a_download_goes_to_the_cache_and_is_checked(registered, monkeypatch, tmp_path):
    """Served from a folder on loopback, as a mirror would."""
    import functools
    import http.server
    import threading
    from dataclasses import replace

    entry, folder = registered
    served = tmp_path / "mirror"
    shutil.move(folder, served)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=served)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setitem(data.REGISTRY, "small", replace(entry, base_url=address))
        assert data.fetch("small") == tmp_path / "cache" / "data" / "small"
        shutil.rmtree(tmp_path / "cache")
        (served / "a.csv").write_text("tampered")
        with pytest.raises(MissingData, match="the download from"):
            data.fetch("small")
    finally:
        server.shutdown()
