"""The tables of cluewatch.toml, one class each."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from evidence.seal_checks import SealRules
from tickets.transports.smtp import Security


class Section(BaseModel):
    """One table of cluewatch.toml; an unknown key is an error, not a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Agency(Section):
    """Who watches. Without all three nothing outside loopback is fetched."""

    name: str = Field("", description="监管机构名称，写入 User-Agent 与移送函")
    contact: str = Field("", description="联系方式（网址或邮箱），写入 User-Agent")
    legal_basis: str = Field("", description="开展监测的法律依据，写入证据与移送函")
    region: str = Field("", pattern=r"^(\d{6})?$", description="本机构行政区划代码（六位）")

    @property
    def complete(self) -> bool:
        """Whether the agency may be named to strangers."""
        return bool(self.name and self.contact and self.legal_basis)


class DatabaseSettings(Section):
    """Where truth and frontier live. Empty: SQLite files under the home directory."""

    url: SecretStr = Field(SecretStr(""), description="PostgreSQL 地址；留空用内嵌 SQLite")


class Search(Section):
    """Where the index lives. Empty: the embedded index under the home directory."""

    url: str = Field("", description="Elasticsearch 地址；留空用内嵌索引")
    prefix: str = Field("cluewatch", pattern=r"^[a-z][a-z0-9_-]*$", description="索引名前缀")
    api_key: SecretStr = Field(SecretStr(""), description="Elasticsearch API key")
    ca_certificate: Path | None = Field(
        None, description="签发 Elasticsearch 证书的 CA 证书文件；留空用系统信任的 CA"
    )
    months: int = Field(0, ge=0, description="索引保留的月数（含当月），逾期整月移出；0 为全部保留")

    @model_validator(mode="after")
    def _keeps_the_key_secret(self) -> Self:
        parts = urlsplit(self.url)
        loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
        clear = self.url and parts.scheme != "https" and not loopback
        if clear and self.api_key.get_secret_value():
            raise ValueError("search.api_key 只能随 https:// 的 search.url 使用")
        return self


class Network(Section):
    """What the crawler may connect to, beyond public addresses."""

    resolve: dict[str, str] = Field(
        default_factory=dict, description="主机名到地址的固定映射，先于 DNS"
    )
    allowed: tuple[str, ...] = Field((), description="允许连接的非公网网段（CIDR）")

    @field_validator("allowed")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            ip_network(text)
        return value


class ClockSettings(Section):
    """Where civil time comes from."""

    url: str = Field("", description="民用时钟服务地址（演示农场）；留空用系统时钟")


class Browser(Section):
    """The browser for seals and rendering."""

    executable: Path | None = Field(None, description="浏览器路径；留空自动查找")


class EvidenceSettings(Section):
    """What a seal must prove about its own time."""

    time_server: str = Field("", description="时间服务器（NTP）；留空则时钟偏差记为“未知”")
    clock_required: bool = Field(False, description="时钟偏差未知时不得固证")
    most_clock_offset: float = Field(
        5.0, gt=0, description="允许的最大时钟偏差（秒），超出时不得固证"
    )
    timestamp_url: str = Field("", description="可信时间戳服务（RFC 3161）地址；留空则不加盖")
    timestamp_roots: Path | None = Field(None, description="时间戳服务的根证书（PEM 文件）")
    timestamp_required: bool = Field(False, description="没有可信时间戳不得固证")
    key_file: Path | None = Field(
        None, description="封存证据原件的密钥文件（0600）；留空为主目录下 evidence.keys，另行备份"
    )
    original_hours: int = Field(
        24, ge=1, le=720, description="查看、导出原件的批准有效小时数；申请七天无人批准即失效"
    )

    @property
    def seal_rules(self) -> SealRules:
        """What the office demands of a seal."""
        return SealRules(
            clock_required=self.clock_required,
            most_offset=timedelta(seconds=self.most_clock_offset),
            timestamp_required=self.timestamp_required,
        )


class Pictures(Section):
    """Words and QR codes in the pictures of pages."""

    enabled: bool = Field(True, description="取得页面上可能有文字的图片，识别文字与二维码")
    per_page: int = Field(
        12, ge=1, le=200, description="每页最多取几张图片（整页都是图片时最多 40 张）"
    )
    per_host: int = Field(
        400, ge=1, le=100_000, description="每个主机每天最多取几张图片，另计于网页之外"
    )
    memory: int = Field(2048, ge=1024, description="图片识别进程的内存上限（MiB）")
    seconds: float = Field(120.0, gt=0, description="识别一组图片的时间上限（秒）")


class RetentionSettings(Section):
    """How long evidence is kept when nobody holds it; what became a case is kept for good."""

    routine_days: int | None = Field(
        None, ge=1, description="未涉线索的快照保存天数；留空则一直保存"
    )
    closed_days: int | None = Field(
        None, ge=1, description="线索未成案的快照保存天数；留空则一直保存"
    )


class Console(Section):
    """The web console."""

    host: str = Field("127.0.0.1", description="监听地址")
    port: int = Field(8470, ge=1, le=65535, description="监听端口")


class LogFormat(StrEnum):
    """How lines look on standard error."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """The least weight of what is told."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogSettings(Section):
    """What the program says of itself, and how long that is kept."""

    level: LogLevel = Field(LogLevel.INFO, description="最低级别：debug、info、warning、error")
    format: LogFormat = Field(LogFormat.TEXT, description="标准错误的格式：text 或 json")
    files: bool = Field(
        True, description="常驻进程写入主目录 logs/ 下按日的 JSON 文件；false 则写标准错误（容器）"
    )
    days: int = Field(
        200, ge=184, description="日志文件保存天数；不少于六个月（网络安全法第二十一条）"
    )


class CanarySettings(Section):
    """A page of ours whose planted violation must become a ticket, again and again."""

    minutes: int = Field(60, ge=0, description="金丝雀的间隔（分钟）；0 为不放")
    patience: int = Field(20, ge=1, description="放出后多少分钟内须成为工单，否则告警")


class AlarmSettings(Section):
    """When people are told that the product itself is unwell."""

    channels: tuple[str, ...] = Field((), description="告警的通知渠道（channels 中的名称）")
    queue_minutes: int = Field(60, ge=1, description="队列中最早一项等待超过多少分钟告警")
    parked: int = Field(1, ge=1, description="队列中须人工处理的事项达到多少告警")
    gaps: int = Field(100, ge=1, description="未恢复的覆盖缺口达到多少告警")
    free_gib: float = Field(10.0, gt=0, description="主目录所在磁盘剩余不足多少 GiB 告警")
    repeat_hours: int = Field(24, ge=1, description="未解除的告警多少小时后再次通知")


class ModelSettings(Section):
    """The transformer that reads beside the rules."""

    checkpoint: Path | None = Field(
        None,
        description="微调模型目录（transformers 格式，或已量化）；留空用随附模型",
    )


class RuleSettings(Section):
    """How far the rules are trusted here."""

    shadow: frozenset[str] = Field(
        frozenset(), description="试运行的违法类型：照常记录发现，不计入判定，不立线索"
    )


class Dispatch(Section):
    """How tickets leave."""

    automatic: bool = Field(False, description="线索自动移送；默认需审批")
    directory: Path | None = Field(None, description="文件夹投递目录；留空为主目录下 outbox/")
    agencies: Path | None = Field(None, description="机关名录（YAML）；留空用自带的示范名录")
    papers: Path | None = Field(
        None,
        description="本单位文书模板目录：与自带模板同名的 .yml 取而代之，letterhead.docx 为版头",
    )
    webhook_secrets: dict[str, SecretStr] = Field(
        default_factory=dict, description="机关编号到 webhook 签名密钥（环境变量中以 JSON 给出）"
    )
    calendar: Path | None = Field(None, description="工作日历（YAML）；留空用自带的日历")


class Control(Section):
    """The tables by which risks, figures and returns are made; each may be an office's own."""

    risk: Path | None = Field(None, description="风险评分与预警（YAML）；留空用自带的")
    measures: Path | None = Field(None, description="统计指标（YAML）；留空用自带的")
    returns: Path | None = Field(None, description="季度量化统计表（YAML）；留空用自带的")
    agenda: Path | None = Field(None, description="要情事项的检查建议（YAML）；留空用自带的")


class Mail(Section):
    """The server that takes our mail, to offices and to those who saved a search."""

    host: str = Field(
        "", description="邮件服务器；留空则不能发信；内网地址另须列入 network.allowed"
    )
    port: int = Field(587, ge=1, le=65535, description="邮件服务器端口")
    security: Security = Field(
        Security.STARTTLS, description="starttls、tls；none 只可用于本机服务器"
    )
    sender: str = Field("", description="发件地址")
    user: str = Field("", description="登录名；留空不登录")
    password: SecretStr = Field(SecretStr(""), description="登录密码")


class ChannelKind(StrEnum):
    """Ways to tell people of what a saved search found."""

    MAIL = "mail"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"


class Channel(Section):
    """Who is told, and how. The address of a group robot is its password."""

    kind: ChannelKind
    url: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    to: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_a_target(self) -> Self:
        if self.kind is ChannelKind.MAIL and not self.to:
            raise ValueError("邮件渠道须填写收件人 to")
        if self.kind is not ChannelKind.MAIL and not self.url.get_secret_value():
            raise ValueError("机器人渠道须填写地址 url")
        return self
