"""What this machine has and lacks, what that means, and how to get it (`cluewatch doctor`)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

from attrs import frozen

from cluewatch import migrations
from cluewatch.bootstrap import Services
from cluewatch.settings import Settings
from domain.errors import CluewatchError

_LEAST_FREE = 2 * 1024**3


@frozen(kw_only=True)
class Diagnosis:
    """One thing examined. `good` false means that something will not work."""

    item: str
    good: bool
    text: str

    def row(self) -> dict[str, object]:
        """As a line of the table."""
        return {"项目": self.item, "状态": "正常" if self.good else "缺少", "说明": self.text}


def examine(settings: Settings) -> list[Diagnosis]:
    """Look at everything; nothing is changed."""
    services = Services(settings)
    return [
        _agency(settings),
        _disk(settings),
        _attempt("数据库", lambda: _schema(services)),
        _attempt("检索索引", lambda: _index(services)),
        _attempt("浏览器", lambda: _browser(services)),
        _fonts(),
    ]


def _agency(settings: Settings) -> Diagnosis:
    if settings.agency.complete:
        return Diagnosis(item="监管机构", good=True, text=settings.agency.name)
    return Diagnosis(
        item="监管机构", good=False, text="尚未登记，只能访问本机地址；请运行 cluewatch init"
    )


def _disk(settings: Settings) -> Diagnosis:
    place = settings.home if settings.home.exists() else settings.home.absolute().parent
    free = shutil.disk_usage(place).free
    return Diagnosis(item="磁盘", good=free > _LEAST_FREE, text=f"剩余 {free / 1024**3:.1f} GiB")


def _attempt(item: str, look: Callable[[], str]) -> Diagnosis:
    try:
        return Diagnosis(item=item, good=True, text=look())
    except CluewatchError as error:
        return Diagnosis(item=item, good=False, text=str(error))


def _schema(services: Services) -> str:
    for history, database in (
        (migrations.History.TRUTH, services.truth),
        (migrations.History.FRONTIER, services.frontier),
    ):
        migrations.check(database, history)
    return services.truth.engine.dialect.name


def _index(services: Services) -> str:
    services.index.ensure()
    return f"{type(services.index).__name__}，{services.index.count()} 篇"


def _browser(services: Services) -> str:
    services.renderer.render_stored("http://doctor.test/", "<p>检查</p>".encode(), "utf-8")
    return services.renderer.executable or "Playwright"


def _fonts() -> Diagnosis:
    remedy = "截图将显示方框；请安装 fonts-wqy-microhei 或 fonts-noto-cjk"
    tool = shutil.which("fc-list")
    if tool is None:
        return Diagnosis(item="中文字体", good=False, text=f"没有 fontconfig；{remedy}")
    found = subprocess.run(  # noqa: S603 - fixed arguments
        [tool, ":lang=zh-cn", "family"], capture_output=True, text=True, check=False
    ).stdout.splitlines()
    if not found:
        return Diagnosis(item="中文字体", good=False, text=remedy)
    return Diagnosis(item="中文字体", good=True, text=found[0])
