"""What this machine has and lacks, what that means, and how to get it (`cluewatch doctor`)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

from attrs import frozen

from cluewatch import migrations
from cluewatch.bootstrap import Services
from cluewatch.settings import Settings
from crawlers.frontier import reports
from documents import store as documents
from documents.tables import index_queue
from domain.errors import CluewatchError, ConfigError, PermanentError, RetryableError
from evidence import seal_checks
from evidence.seal_files import has_sm3
from evidence.verify import verify
from storage import leases
from storage.database import Database

_LEAST_FREE = 2 * 1024**3
_DOT = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00"
    b"\x00\x02\x02D\x01\x00;"
)
"""The smallest picture there is."""


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
        _attempt("图片识别", lambda: _pictures(services)),
        _sm3(),
        *_time(services),
    ]


def examine_deeply(settings: Settings) -> list[Diagnosis]:
    """Read everything that is stored and see whether it fits together; may take hours."""
    services = Services(settings)
    return [
        _attempt("主库完整性", lambda: _sound(services.truth)),
        _attempt("抓取库完整性", lambda: _sound(services.frontier)),
        _attempt("证据与台账", lambda: _evidence(services)),
        _attempt("索引与文书", lambda: _projection(services)),
        _attempt("抓取账目", lambda: _books(services)),
    ]


def _sound(database: Database) -> str:
    if not database.is_sqlite:
        return "PostgreSQL 自行校验"
    with database.read() as tx:
        verdict = tx.exec_driver_sql("PRAGMA integrity_check").scalar_one()
    if verdict != "ok":
        raise PermanentError(f"数据库已损坏：{verdict}")
    return "完好"


def _evidence(services: Services) -> str:
    report = verify(
        directory=services.settings.evidence_directory,
        database=services.truth,
        timestamps=services.timestamps,
    )
    if report.problems:
        raise PermanentError(f"{len(report.problems)} 处不符；请运行 cluewatch verify 查看")
    return f"核对 {report.checked} 项，全部相符"


def _projection(services: Services) -> str:
    with services.truth.read() as tx:
        stored = documents.count(tx)
        waiting = leases.undone(tx, index_queue)
    indexed, open_ = services.index.count(), sum(waiting.values())
    if indexed != stored and not open_ and not services.settings.search.months:
        raise PermanentError(f"文书 {stored} 篇，索引 {indexed} 篇；请运行 cluewatch index rebuild")
    return f"文书 {stored} 篇，索引 {indexed} 篇，待索引 {open_} 篇"


def _books(services: Services) -> str:
    with services.frontier.read() as tx:
        books = reports.conservation(tx)
    if not books.balanced:
        raise PermanentError("领取 ≠ 完成 + 失败 + 退回")
    return f"领取 {books.claimed} 次，账目相符"


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


def _pictures(services: Services) -> str:
    """The child is started and asked, as it will be at work."""
    if not services.settings.pictures.enabled:
        return "已关闭（pictures.enabled）"
    try:
        services.picture_reader.look(_DOT)
    finally:
        services.picture_reader.close()
    return services.picture_reader.version


def _sm3() -> Diagnosis:
    good = has_sm3()
    text = "系统 OpenSSL 支持" if good else "系统 OpenSSL 不支持，固证清单只有 SHA-256"
    return Diagnosis(item="SM3 摘要", good=good, text=text)


def _time(services: Services) -> list[Diagnosis]:
    """Trusted time, as far as the settings ask for it."""
    wanted, found = services.settings.evidence, []
    if wanted.time_server:
        found.append(_attempt("时间服务器", lambda: _offset(services)))
    if wanted.timestamp_url:
        found.append(_attempt("时间戳服务", lambda: _stamp(services)))
    return found


def _offset(services: Services) -> str:
    reading = seal_checks.read_clock(services.time_reference, services.settings.evidence.seal_rules)
    if reading.offset is None:
        raise RetryableError(reading.note)
    return f"本机时钟偏差 {reading.words}"


def _stamp(services: Services) -> str:
    near, most = services.clock.now(), services.settings.evidence.seal_rules.most_offset
    authority = services.timestamps
    if authority is None:
        raise ConfigError("未设置时间戳服务", at="evidence.timestamp_url")
    authority.stamp(b"cluewatch doctor", near=near, most=most)
    return authority.authority
