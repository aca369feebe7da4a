"""`cluewatch doctor`: what sealing needs of this machine, and what it says when that is missing."""

from __future__ import annotations

import pytest

from cluewatch.bootstrap import Services
from cluewatch.diagnosis import Diagnosis, examine
from cluewatch.settings import load_settings
from evidence import seal_files


@pytest.fixture
def found(
    services: Services, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Diagnosis]:
    """A machine without fonts, browser and SM3, with trusted time out of reach."""
    empty = tmp_path_factory.mktemp("path")
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.setenv("CLUEWATCH_BROWSER__EXECUTABLE", str(empty / "chromium"))
    monkeypatch.setenv("CLUEWATCH_EVIDENCE__TIME_SERVER", "127.0.0.1")
    monkeypatch.setenv("CLUEWATCH_EVIDENCE__TIMESTAMP_URL", "http://127.0.0.1/")
    monkeypatch.setattr(seal_files, "_sm3", lambda: None)
    return {each.item: each for each in examine(load_settings())}


def test_what_sealing_lacks_is_named(found: dict[str, Diagnosis]) -> None:
    assert not found["中文字体"].good
    assert not found["浏览器"].good
    assert not found["SM3 摘要"].good
    assert "SHA-256" in found["SM3 摘要"].text
    assert not found["时间服务器"].good
    assert "非公网" in found["时间服务器"].text
    assert not found["时间戳服务"].good
    assert "根证书" in found["时间戳服务"].text
    assert found["数据库"].good
