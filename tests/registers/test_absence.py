"""无 is said only on two proofs; whoever is in the register is never said to be missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, update

from domain.findings import Existence
from registers.answers import about_subject
from registers.kinds import kind_of
from registers.matching import Inquiry
from registers.names import core, name_key, place_key
from registers.store import import_register
from registers.tables import keys, metadata
from storage.database import Database
from tests.registers.numbers import OTHER_REGION, REGION, licence_no

AS_OF = date(2026, 1, 31)
INSTITUTION = kind_of("institution")

marks = st.sampled_from(["蓝天", "白云", "青山", "红星", "东风", "长江", "仁和", "康宁"])
trades = st.sampled_from(["口腔", "中医", "眼科", "皮肤", "医疗美容", "综合"])
forms = st.sampled_from(["门诊部", "诊所", "医院", "工作室"])
names = st.builds("".join, st.tuples(marks, trades, forms))
registers = st.lists(names, min_size=1, max_size=12, unique=True)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Tables once; every example rolls back."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('absence') / 'truth.db'}")
    with database.write() as tx:
        metadata.create_all(tx)
    yield database
    database.close()


def answer(
    database: Database,
    path: Path,
    registered: list[str],
    asked: Inquiry,
    *,
    complete: bool = True,
    damage: Callable[[Connection], object] = lambda _: None,
) -> Existence:
    """What the register that holds these names says, in a transaction that is undone."""
    rows = [f"{name},{licence_no(f'RG{n:06d}')}" for n, name in enumerate(registered)]
    path.write_text("\n".join(["名称,登记号", *rows]), encoding="utf-8")
    with database.read() as tx:
        import_register(
            tx,
            "institution",
            path,
            as_of=AS_OF,
            at=datetime(2026, 2, 1, tzinfo=UTC),
            complete=complete,
        )
        damage(tx)
        return about_subject(tx, INSTITUTION, "institution_licence", asked).fact.answer


def inquiry(name: str, *, day: date = AS_OF, region: str = REGION) -> Inquiry:
    return Inquiry(day=day, subject=name, names=(name_key(name),), region=region)


quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(registered=registers, data=st.data(), days=st.integers(0, 92))
def test_a_registered_name_is_never_missing(
    database: Database, tmp_path: Path, registered: list[str], data: st.DataObject, days: int
) -> None:
    name = data.draw(st.sampled_from(registered))
    written = data.draw(
        st.sampled_from(
            [name, f"示范市{name}", f"{name}有限公司", f"{name} 官网", name[:-1] + "部"]
        )
    )
    asked = inquiry(written, day=AS_OF + timedelta(days=days))
    assert answer(database, tmp_path / "r.csv", registered, asked) is not Existence.ABSENT


@quick
@given(registered=registers, name=names, days=st.integers(-40, 140), complete=st.booleans())
def test_absence_needs_a_complete_list_of_place_and_time(  # noqa: PLR0917 - fixtures and examples
    database: Database,
    tmp_path: Path,
    registered: list[str],
    name: str,
    days: int,
    complete: bool,
) -> None:
    asked = inquiry(name, day=AS_OF + timedelta(days=days))
    path = tmp_path / "r.csv"
    found = answer(database, path, registered, asked, complete=complete)
    if found is Existence.ABSENT:
        assert complete
        assert 0 <= days <= INSTITUTION.proves_days
        assert name not in registered
    elsewhere = Inquiry(day=asked.day, subject=name, names=asked.names, region=OTHER_REGION)
    assert answer(database, path, registered, elsewhere) is not Existence.ABSENT
    nowhere = Inquiry(day=asked.day, subject=name, names=asked.names)
    assert answer(database, path, registered, nowhere) is not Existence.ABSENT


@quick
@given(registered=registers, broken=st.sampled_from(["name", "licence_no"]))
def test_absence_needs_a_control_that_every_way_of_asking_finds(
    database: Database, tmp_path: Path, registered: list[str], broken: str
) -> None:
    asked = inquiry("完全不相干的甲乙丙")
    path = tmp_path / "r.csv"

    def damage(tx: Connection) -> object:
        return tx.execute(update(keys).where(keys.c.scheme == broken).values(value="broken"))

    assert answer(database, path, registered, asked) is Existence.ABSENT
    assert answer(database, path, registered, asked, damage=damage) is Existence.UNVERIFIED


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("江城市蓝天口腔门诊部有限公司", "蓝天"),
        ("蓝天口腔", "蓝天"),
        ("示范区第一人民医院", "第一"),
        ("口腔医院", "口腔医院"),
    ],
)
def test_what_is_a_names_own(name: str, own: str) -> None:
    assert core(name_key(name)) == own


@pytest.mark.parametrize(
    ("address", "house"),
    [
        ("江苏省南京市玄武区中山路１２号３楼", "中山路12"),
        ("中山路12号", "中山路12"),
        ("示范区 人民大道 8号 2幢", "人民大道8"),
        ("某某村村委会旁", ""),
    ],
)
def test_one_house_is_one_key(address: str, house: str) -> None:
    assert place_key(address) == house
