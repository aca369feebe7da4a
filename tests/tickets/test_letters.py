"""The transfer letter opens in python-docx, holds the fields of law.md D.5, and is harmless."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from attrs import evolve
from docx import Document as open_docx

from domain.captures import Seal, SealedFile, SealStatus
from domain.clues import Clue, ClueState, Sighting, SubjectKind
from domain.findings import Existence, Family
from domain.tickets import Assignment, Deadline, OfficeRole, Opinion, Ticket, TicketState
from tests.tickets.cases import AT, DESK, finding, licence, subject
from tickets.letters import QUOTES_PRINTED, Sender, transfer_letter
from tickets.proof import base_set

MARKET, HEALTH = "990100-market-supervision", "990100-health"
CLUE = Clue(
    id="c1",
    number="XS-2026-990100-000007",
    subject=evolve(subject(), usci="91990100MA00000000", licence_no="PDY000000990100"),
    creative="x",
    state=ClueState.ISSUED,
    types=("cure_rate", "unlicensed_practice"),
    severity=5,
    score=0.93,
    findings=(
        finding("cure_rate", "十拿九稳", start=40),
        finding("unlicensed_practice", "上门施治", start=90),
    ),
    facts=(licence(Existence.ABSENT),),
    sightings=(
        Sighting(document_id="d1", snapshot_id="snap-1", url="http://clinic.test/1", seen_at=AT),
    ),
    region="990100",
    title="示范页面",
    url="http://clinic.test/1",
    raised_at=AT,
)
TICKET = Ticket(
    id="t1",
    number="GD-2026-990100-000003",
    clue_id="c1",
    case_group="g1",
    family=Family.ADVERTISING,
    state=TicketState.SENT,
    types=("cure_rate",),
    region="990100",
    assignments=(
        Assignment(office=MARKET, role=OfficeRole.LEAD),
        Assignment(office=HEALTH, role=OfficeRole.COPY),
    ),
    deadlines=(
        Deadline(
            clock="filing",
            title="核查并决定是否立案",
            due=date(2027, 1, 15),
            source="某规定第十八条（待核）",
            provisional=True,
        ),
    ),
    created_at=AT,
    updated_at=AT,
)
SEAL = Seal(
    id="s1",
    clue_id="c1",
    snapshot_id="snap-1",
    url="http://clinic.test/1",
    status=SealStatus.SEALED,
    sealed_at=AT,
    directory="seals/s1",
    manifest_digest="sha256:" + "a" * 64,
    files=(SealedFile(name="page.png", media_type="image/png", size=4321, sha256="b" * 64),),
)


def letter(
    *,
    clue: Clue = CLUE,
    seal: Seal | None = SEAL,
    bundle: str | None = "sha256:" + "c" * 64,
    office: str = MARKET,
    opinion: Opinion | None = None,
) -> bytes:
    """A letter with the given parts."""
    return transfer_letter(
        ticket=TICKET,
        clue=clue,
        recipient=DESK.offices.get(office),
        offices=DESK.offices,
        sender=Sender(name="示范监测中心", contact="张三 010-0000-0000", legal_basis="示范依据"),
        titles={"cure_rate": "说明治愈率或者有效率"},
        seal=seal,
        bundle_digest=bundle,
        opinion=opinion,
        origins=("举报（12345）",),
        exchange=DESK.routes.exchange_with(DESK.offices.get(office).kind),
        at=AT,
    )


def text_of(content: bytes) -> str:
    """All text of a letter, cells separated by bars."""
    opened = open_docx(BytesIO(content))
    lines = [paragraph.text for paragraph in opened.paragraphs]
    for table in opened.tables:
        lines += [" | ".join(cell.text for cell in row.cells) for row in table.rows]
    return "\n".join(lines)


def test_the_letter_holds_the_fields() -> None:
    """Every field of D.5 that this case has, and the receipt page."""
    text = text_of(letter())
    for expected in (
        "涉嫌违法线索移送函",
        "编号：GD-2026-990100-000003",
        "密级：内部",
        "示范市市场监督管理局",
        "线索编号 | XS-2026-990100-000007",
        "来源 | 监测",
        "发现时间 | 2026-03-02 09:00:00（北京时间）",
        "网址 | http://clinic.test/1",
        "名称 | 示范口腔诊所",
        "统一社会信用代码 | 91990100MA00000000",
        "医疗机构登记号 | PDY000000990100",
        "电话 | 400-000-0123",
        "说明治愈率或者有效率（cure_rate）",
        "本院包好十拿九稳",
        "40–48\n文档 d1",
        "《广告法》第16条（待核）",
        "《医疗广告管理办法》第7条 |",
        "rule:cure_rate@1",
        "医疗机构执业许可 | 无 | 示范记录 | 示范登记库（2026-03-01）",
        "固证状态 | 已固证",
        "page.png | 4321 | " + "b" * 64,
        "证据包根摘要 | sha256:" + "c" * 64,
        "snap-1",
        "主办 | 示范市市场监督管理局",
        "抄送 | 示范市卫生健康委员会",
        "核查并决定是否立案 | 2027-01-15（暂定） | 某规定第十八条（待核）",
        "案件组 g1",
        "移送单位 | 示范监测中心",
        "职权依据 | 示范依据",
        "回执",
        "受理情况 | □受理",
        "处罚文号",
    ):
        assert expected in text, expected
    assert "上门施治" not in text  # another family's ticket carries it


def test_a_copy_says_so() -> None:
    """The recipient's part is named."""
    assert "移送你单位（抄送）" in text_of(letter(office=HEALTH))


def test_the_opinion_goes_with_it() -> None:
    """网信 gets the characterisation that it acts on; without one the letter says so."""
    opinion = Opinion(number="示市监定〔2026〕1号", words="属于违法广告", signer="李四", at=AT)
    net = "990100-cyberspace"
    assert "示市监定〔2026〕1号：属于违法广告（李四，2026-03-02" in text_of(
        letter(office=net, opinion=opinion)
    )
    assert "主办机关定性 | 尚未定性" in text_of(letter())


def test_the_points_of_proof_are_listed() -> None:
    """The nine points of E.3: what is there, what is missing, what the office must add."""
    text = text_of(letter())
    assert "载体截图（含网址、时间） | page.png" in text
    assert "资质比对结果 | 无" in text
    assert "广告审查文号比对 | 未核实" in text
    assert "传播量（阅读、点赞、销量） | 未取得" in text
    assert "广告费线索" in text
    assert "诊疗行为证据" in text_of(letter(office=HEALTH))
    failed = evolve(SEAL, status=SealStatus.INCOMPLETE, reason="没有浏览器")
    points = {point.title: point.content for point in base_set(CLUE, failed)}
    assert len(points) == 9
    assert points["载体截图（含网址、时间）"] == points["摘要清单"] == "未取得"


def test_the_same_case_gives_the_same_bytes() -> None:
    """Equal input, equal file: the digest in the manifest can be checked by anyone."""
    assert letter() == letter()


def test_chinese_fonts_are_named_for_word() -> None:
    """仿宋 and 黑体 are set where Word looks for them."""
    opened = open_docx(BytesIO(letter()))
    place = "string(.//w:rFonts/@w:eastAsia)"
    assert opened.styles["Normal"].element.xpath(place) == "仿宋"
    assert opened.paragraphs[0]._p.xpath(place) == "黑体"


@pytest.mark.parametrize(
    "hostile",
    [
        "a\x00b\x1b[31m",
        "\u202efdp.exe",
        "<w:p>&lt;/w:p>]]>",
        "\ud800",
        "\ufffe\u2028",
        '=HYPERLINK("http://x.test")',
        "{{7*7}} %s {0}",
    ],
)
def test_hostile_text_is_harmless(hostile: str) -> None:
    """Names, titles and quotes of a page cannot break the file nor reorder what is read."""
    bad = evolve(finding("cure_rate", "x"), quote=hostile)
    clue = evolve(
        CLUE,
        subject=evolve(CLUE.subject, name=hostile),
        title=hostile,
        url=hostile,
        findings=(bad,),
    )
    text = text_of(letter(clue=clue))
    assert "\u202e" not in text
    assert "\x00" not in text
    plain = "".join(c for c in hostile if c.isalnum())
    assert "".join(c for c in text if c.isalnum()).count(plain) >= 4


def test_long_cases_are_cut_with_a_note() -> None:
    """A page of a thousand claims or a huge quote does not make a huge letter."""
    many = tuple(finding("cure_rate", str(n), start=n) for n in range(QUOTES_PRINTED + 20))
    huge = evolve(finding("cure_rate", "x"), quote="好" * 100_000)
    text = text_of(letter(clue=evolve(CLUE, findings=(huge, *many))))
    assert "其余 21 条从略" in text
    assert "节略，全文见证据包" in text
    assert len(text) < 60_000


def test_missing_proof_is_said() -> None:
    """Without a seal or bundle the letter says so and never claims success."""
    pending = text_of(letter(seal=None, bundle=None))
    assert "固证状态 | 待固证" in pending
    assert "未随附证据包" in pending
    failed = evolve(SEAL, status=SealStatus.INCOMPLETE, reason="没有浏览器", files=())
    text = text_of(letter(seal=failed))
    assert "固证状态 | 未完成固证" in text
    assert "未完成原因 | 没有浏览器" in text
    assert "现场采集" not in text


def test_stored_bytes_are_no_live_visit() -> None:
    """A set made from stored bytes is marked as such."""
    assert "由存档字节离线还原" in text_of(letter(seal=evolve(SEAL, live=False)))


def test_private_phones_are_masked() -> None:
    """A business's phone is printed, a person's is not."""
    person = evolve(CLUE.subject, kind=SubjectKind.PERSON, phones=("13800000000",))
    text = text_of(letter(clue=evolve(CLUE, subject=person)))
    assert "电话 | 138****0000" in text
    assert "13800000000" not in text
