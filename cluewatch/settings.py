"""All settings: environment (`CLUEWATCH_…`, nested with `__`) over `cluewatch.toml`."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from pydantic import (
    Field,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from cluewatch.sections import (
    Agency,
    AlarmSettings,
    Browser,
    CanarySettings,
    Channel,
    ClockSettings,
    Console,
    Control,
    DatabaseSettings,
    Dispatch,
    EvidenceSettings,
    LogSettings,
    Mail,
    ModelSettings,
    Network,
    Pictures,
    RetentionSettings,
    RuleSettings,
    Search,
)
from domain.errors import ConfigError

CONFIG_NAME = "cluewatch.toml"
TRUTH_FILE = "truth.db"
FRONTIER_FILE = "frontier.db"


class Settings(BaseSettings):
    """Everything that can be set. Validated once, at the start of every process."""

    model_config = SettingsConfigDict(
        env_prefix="CLUEWATCH_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    home: Path = Field(Path("var"), description="全部状态所在目录")
    agency: Agency = Agency()
    database: DatabaseSettings = DatabaseSettings()
    search: Search = Search()
    network: Network = Network()
    clock: ClockSettings = ClockSettings()
    browser: Browser = Browser()
    evidence: EvidenceSettings = EvidenceSettings()
    retention: RetentionSettings = RetentionSettings()
    model: ModelSettings = ModelSettings()
    pictures: Pictures = Pictures()
    rules: RuleSettings = RuleSettings()
    console: Console = Console()
    logs: LogSettings = LogSettings()
    canary: CanarySettings = CanarySettings()
    alarms: AlarmSettings = AlarmSettings()
    dispatch: Dispatch = Dispatch()
    control: Control = Control()
    mail: Mail = Mail()
    channels: dict[str, Channel] = Field(
        default_factory=dict,
        description="保存检索的通知渠道，按名称：kind（mail、wecom、dingtalk、feishu），"
        "机器人的 url 与加签 secret（宜由环境变量给出），邮件的收件人 to",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the file of the home directory."""
        file = TomlConfigSettingsSource(settings_cls, toml_file=config_path())
        return init_settings, env_settings, file

    @property
    def truth_url(self) -> str:
        """SQLAlchemy address of the truth database."""
        return self.database.url.get_secret_value() or f"sqlite:///{self.path(TRUTH_FILE)}"

    @property
    def frontier_url(self) -> str:
        """SQLAlchemy address of the frontier: its own file on SQLite, the same PostgreSQL else."""
        return self.database.url.get_secret_value() or f"sqlite:///{self.path(FRONTIER_FILE)}"

    @property
    def evidence_directory(self) -> Path:
        """Where WARC files and seals are kept."""
        return self.path("evidence")

    @property
    def key_file(self) -> Path:
        """The keys that close what sealed sets show of a page."""
        return self.evidence.key_file or self.path("evidence.keys")

    @property
    def index_directory(self) -> Path:
        """Where the embedded index is kept."""
        return self.path("index")

    @property
    def outbox_directory(self) -> Path:
        """Where folder delivery drops its packages."""
        return self.dispatch.directory or self.path("outbox")

    @property
    def packs_directory(self) -> Path:
        """Where packages wait for offices without a network."""
        return self.path("packs")

    def path(self, name: str) -> Path:
        """A file or directory of the home directory, absolute."""
        return (self.home / name).absolute()


def home_directory() -> Path:
    """The home directory named by the environment, default `var` in the working folder."""
    return Path(os.environ.get("CLUEWATCH_HOME", "var"))


def config_path() -> Path:
    """The settings file: in the home directory, so that two homes never meet."""
    return home_directory() / CONFIG_NAME


def load_settings() -> Settings:
    """Read and validate. Raises ConfigError that names the setting and the file."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"设置 {name} 无效：{first['msg']}", at=f"{config_path()} 或环境变量"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"不是合法的 TOML：{error}", at=str(config_path())) from error


def effective(settings: Settings) -> dict[str, object]:
    """The settings in force, secrets masked, for `cluewatch config`."""
    return settings.model_dump(mode="json")
