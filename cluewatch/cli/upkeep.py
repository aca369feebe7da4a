"""Commands that look after the stores themselves: migrate-store, backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cluewatch import backups, store_migration
from cluewatch.cli import operations
from cluewatch.cli.output import err, listing, out
from cluewatch.cli.wiring import open_services
from cluewatch.settings import home_directory, load_settings
from domain.errors import ConfigError
from storage.database import Database

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("migrate-store")(migrate_store)
    app.command()(backup)
    app.command()(restore)


def migrate_store(
    source: Annotated[
        Path | None,
        typer.Argument(metavar="FROM", help="SQLite 所在的主目录；不写则为当前主目录"),
    ] = None,
    target: Annotated[
        str | None,
        typer.Argument(metavar="TO", help="空的 PostgreSQL 的地址；不写则用 database.url"),
    ] = None,
    as_json: Json = False,
) -> None:
    """把 SQLite 中的全部数据迁往 PostgreSQL：可中断续做，逐行核对，核对无误才算完成。"""
    url = target or load_settings().database.url.get_secret_value()
    if not url:
        raise ConfigError("没有目标；请给出 TO 或设置 CLUEWATCH_DATABASE__URL", at="database.url")
    database = Database(url)
    rows = []
    with _bars() as bars:
        task = bars.add_task("", total=None)

        def progress(table: str, done: int, total: int) -> None:
            bars.update(task, description=table, completed=done, total=total)

        moves = store_migration.migrate(source or home_directory(), database, progress=progress)
        for move in moves:
            found = move.table
            bars.update(task, description=f"核对 {found.table}")
            rows.append(
                {
                    "store": move.history.value,
                    "table": found.table,
                    "rows": found.rows,
                    "digest": found.digest,
                }
            )
    database.close()
    listing("已迁移并核对", ("store", "table", "rows", "digest"), rows, as_json=as_json)
    if not as_json:
        out.print("各表两边一致。今后请设置 CLUEWATCH_DATABASE__URL；旧文件可留作备份。")


def backup(
    target: Annotated[Path, typer.Argument(help="新的备份目录")],
    base: Annotated[
        Path | None,
        typer.Option(help="上一次的备份（同一磁盘）：没有变化的文件只建链接", exists=True),
    ] = None,
) -> None:
    """备份：数据库、证据、设置与日志在同一时刻的样子，附摘要清单；运行中也可以做。"""
    services = open_services()
    with _bars() as bars:
        task = bars.add_task("备份", total=None)
        manifest = backups.make(
            services, target, base=base, progress=lambda name: bars.update(task, description=name)
        )
    size = sum(entry.size for entry in manifest.files)
    out.print(f"已备份 {len(manifest.files)} 个文件，{size / 1024**2:.1f} MiB，在 {target}")
    out.print(f"原件密钥不在备份之内，请另处保管：{services.settings.key_file}")
    if not manifest.databases:
        out.print("数据库在 PostgreSQL：请在此之前已用 pg_dump 备份（见 docs/operations.md）。")


def restore(
    source: Annotated[Path, typer.Argument(help="备份目录", exists=True)],
) -> None:
    """从备份恢复到空的主目录：逐个文件核对摘要，再重建检索索引。"""
    with _bars() as bars:
        task = bars.add_task("恢复", total=None)
        manifest = backups.restore(
            source,
            home_directory(),
            progress=lambda name: bars.update(task, description=name),
        )
    out.print(f"已恢复 {manifest.made_at:%Y-%m-%d %H:%M} 的备份，{len(manifest.files)} 个文件。")
    operations.rebuild()
    out.print("请放回另处保管的原件密钥（evidence.key_file），再用 cluewatch verify 核对。")


def _bars() -> Progress:
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=err, transient=True)
