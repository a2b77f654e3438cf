import errno
import os

import pytest

from danao.core.errors import StorageError
from danao.core.files import write_atomically


def test_a_file_is_written_whole(tmp_path):
    path = write_atomically(tmp_path / "deep" / "report.html", "<p>ü</p>")
    assert path.read_text() == "<p>ü</p>"
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


def test_a_full_disk_leaves_the_old_file_and_no_debris(tmp_path, monkeypatch):
    target = tmp_path / "report.html"
    target.write_text("old")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="the disk is full. Nothing was changed. Free some space"):
        write_atomically(target, "new")
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_read_only_place_is_named(tmp_path, monkeypatch):
    def read_only(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("danao.core.files.tempfile.mkstemp", read_only)
    with pytest.raises(StorageError, match=r"report.html: cannot be written \(read-only\)"):
        write_atomically(tmp_path / "report.html", "new")
