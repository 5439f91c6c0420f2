"""cxnlp.toml → one frozen Settings object. Unknown keys are errors; paths are relative to the file.

[project]                 name, raw, out, timezone, calendar
[sources.<name>]          files, kind, …  and [sources.<name>.columns] / .constants / .values
[connectors.<name>]       what `cxnlp pull` fetches into <raw>/<name>/
[segments]                customers, orders, rules
[insight] [topics] [report] [privacy] [model] [engine]
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from cxnlp.connector import Connector
from cxnlp.errors import ConfigError

FILE_NAME = "cxnlp.toml"


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Project(_Group):
    """What is mined, from where to where."""

    name: str = "cxnlp"
    raw: Path = Path("data/raw")
    out: Path = Path("data/processed")
    timezone: str = "Asia/Tehran"  # of timestamps that carry none
    calendar: Literal["jalali", "gregorian"] = "jalali"  # of months and weeks in findings
    taxonomy: Path | None = None  # own journey.yaml; None = the shipped one

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
            raise ValueError("not a time zone name such as Asia/Tehran or Europe/London") from None
        return value


class Columns(_Group):
    """Which column (or dotted path in JSON) holds what. A list is joined: texts by a newline, dates by a space."""

    text: str | tuple[str, ...] | None = None
    id: str | None = None
    created_at: str | tuple[str, ...] | None = None
    customer_id: str | None = None
    conversation_id: str | None = None
    role: str | None = None
    channel: str | None = None
    brand: str | None = None
    product: str | None = None
    rating: str | None = None
    nps: str | None = None
    csat: str | None = None
    ces: str | None = None
    recommended: str | None = None
    stage: str | None = None
    turns: str | None = None  # transcripts: list of turns in a conversation record
    attributes: tuple[str, ...] = ()


class Values(_Group):
    """How values of the source are read: its words on the left, ours on the right."""

    missing: dict[str, tuple[str, ...]] = {}  # column kind -> values that mean "none", e.g. rating = ["0"]
    recommended: dict[str, bool] = {}
    role: dict[str, Literal["customer", "agent", "bot"]] = {}
    stage: dict[str, str] = {}  # the source's stage -> our stage id


class Label(_Group):
    """What something is called in a report; the other language's name where one is not given."""

    fa: str | None = None
    en: str | None = None


class Source(_Group):
    """One kind of export: a file pattern below the raw folder, and what its columns mean."""

    label_fa: str | None = None  # what reports call it; None = its name in this file
    label_en: str | None = None
    files: str  # glob below raw, e.g. "reviews*.csv" or "export/result.json"
    kind: Literal["table", "transcript", "telegram"] = "table"
    format: str | None = None  # csv, xlsx, json, jsonl, parquet, txt, vtt, srt; None = by suffix
    encoding: str | None = None  # None = detected
    delimiter: str | None = None  # None = detected
    sheet: str | tuple[str, ...] | None = None  # XLSX: None = every sheet that has the mapped columns
    header_row: int | None = None  # from 1; None = found by the mapped columns
    records: str | None = None  # JSON: dotted path to the list of records
    timezone: str | None = None  # None = project.timezone
    day_first: bool = True
    calendar: Literal["auto", "jalali", "gregorian"] = "auto"
    agents: tuple[str, ...] = ()  # transcripts, messengers: speakers who are the company (names or ids)
    rating_max: float = 5
    csat_max: float = 5
    ces_max: float = 7
    ces_higher_is_easier: bool = True
    columns: Columns = Columns()
    constants: dict[str, str] = {}  # channel, brand, product, language …: the same for every row
    values: Values = Values()


class Table(_Group):
    """A table of customers or orders: file below raw, and its columns."""

    file: str
    id: str = "customer_id"
    columns: dict[str, str] = {}  # ours -> theirs (orders: order_id, customer_id, ordered_at, amount, status)
    attributes: tuple[str, ...] = ()  # customers: columns that become segment dimensions


class Rule(_Group):
    """A declared segment: SQL condition over feedback, attributes and RFM, evaluated by DuckDB."""

    name: str
    when: str


class Segments(_Group):
    """Who speaks: customers, their orders, and declared rules."""

    customers: Table | None = None
    orders: Table | None = None
    rfm_months: int = Field(24, ge=1, le=60)  # window of RFM
    returned_status: tuple[str, ...] = ("returned",)
    cancelled_status: tuple[str, ...] = ("cancelled", "canceled")
    dimensions: tuple[str, ...] = ()  # feedback attributes that are segment dimensions too
    rules: tuple[Rule, ...] = ()
    labels: dict[str, Label] = {}  # dimension, or one of its values -> its names in reports


class Insight(_Group):
    """When a number is shown, how its interval is made, what an alert needs."""

    min_n: int = Field(30, ge=5)  # below it, impact and scores by group are suppressed
    period: Literal["month", "week"] = "month"
    bootstrap: int = Field(400, ge=0, le=10_000)
    seed: int = 0
    alert_fdr: float = Field(0.1, gt=0, lt=1)  # at most this share of alerts may be false; the simulation shows 4 %
    alert_ratio: float = Field(1.5, gt=1)
    alert_min_count: int = Field(10, ge=1)


class Labeller(_Group):
    """A generative model that names topics, behind an OpenAI-compatible endpoint; key: CXNLP_LABELLER_KEY."""

    url: str | None = None  # e.g. http://localhost:8000/v1; None = off, and nothing is sent anywhere
    model: str = ""
    timeout_s: float = Field(20, gt=0)


class Topics(_Group):
    """How many topics there may be, and from how many mentions on."""

    min_size: int = Field(10, ge=3)  # least mentions of a new topic
    max_themes: int = Field(30, ge=2)
    sample: int = Field(30_000, ge=100)  # ceiling of mentions that discovery clusters
    seed: int = 0
    edits: Path | None = None  # YAML file with human edits, reviewed in git
    labeller: Labeller = Labeller()


class Report(_Group):
    """Titles, first language and size of the report."""

    title_fa: str = "گزارش صدای مشتری"
    title_en: str = "Voice of the customer"
    language: Literal["fa", "en"] = "fa"  # the one shown first; the page switches
    max_verbatims: int = Field(50_000, ge=100)


class Privacy(_Group):
    """What is masked, whether customers are pseudonyms, how long texts and old states stay."""

    redact: tuple[str, ...] | None = None  # kinds to mask; None = all
    pseudonym_key_file: Path | None = None  # customers become keyed pseudonyms
    retention_days: int | None = Field(None, ge=1)  # texts older than this are removed by `cxnlp maintain`
    history_days: int = Field(30, ge=0)  # old states of the lake stay readable this long


class Model(_Group):
    """Which model reads, and when a new one may take its place."""

    name: str = "reader"  # folder below models/, a path, or (allow_hub) a hub name
    version: str | None = None  # None = the promoted one
    allow_hub: bool = False
    gate_tolerance: float = Field(0.02, ge=0)  # a candidate may lose this on a figure (standard error: 0.03)


class Engine(_Group):
    """Where stages run and where the lake lies."""

    name: Literal["local", "ray"] = "local"
    address: str | None = None  # Ray cluster; None = start one here
    workers: int | None = None
    batch: int = Field(4096, ge=1)  # rows a stage handles, and the lake commits, at once
    threads: int | None = None
    lake: str | None = None  # URI of a lake on object storage; None = the folder `out`
    storage_options: dict[str, str] = {}  # for a lake on object storage; secrets only from the environment

    @field_validator("storage_options", mode="before")
    @classmethod
    def _no_secrets(cls, value: Any) -> Any:
        keys = value if isinstance(value, dict) else ()
        named = [str(key) for key in keys if re.search("secret|key|token|password", str(key), re.IGNORECASE)]
        if named:
            raise PydanticCustomError(
                "secret",
                "engine.storage_options.{key} would hold a secret in a file; take it out and set it in the environment "
                "instead, where the lake finds it (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, …)",
                {"key": named[0]},
            )
        return value


class Settings(_Group):
    """Everything a run may be told. `home` is the folder of the file: relative paths start there."""

    project: Project = Project()
    sources: dict[str, Source] = {}
    connectors: dict[str, Connector] = {}
    segments: Segments = Segments()
    insight: Insight = Insight()
    topics: Topics = Topics()
    report: Report = Report()
    privacy: Privacy = Privacy()
    model: Model = Model()
    engine: Engine = Engine()
    home: Path = Path()

    @property
    def labels(self) -> dict[str, dict[str, dict[str, str]]]:
        """Declared names of sources, and of segment dimensions and their values: group -> id -> {fa, en}."""
        sources = {name: Label(fa=s.label_fa, en=s.label_en) for name, s in self.sources.items()}
        return {
            group: {
                name: {"fa": label.fa or label.en or name, "en": label.en or label.fa or name}
                for name, label in found.items()
                if label.fa or label.en
            }
            for group, found in (("source", sources), ("segment", self.segments.labels))
        }

    @property
    def raw(self) -> Path:
        """Folder of the exports."""
        return self.home / self.project.raw

    @property
    def out(self) -> Path:
        """Folder of the lake (unless `engine.lake` names another) and of the reports."""
        return self.home / self.project.out

    @property
    def lake_uri(self) -> str:
        """Where the lake lies: a URI such as s3://bucket/cx, or the folder `out`."""
        return self.engine.lake or str(self.out)

    @property
    def taxonomy_path(self) -> Path:
        """The journey.yaml in force."""
        from cxnlp.taxonomy import DEFAULT_PATH

        return DEFAULT_PATH if self.project.taxonomy is None else self.home / self.project.taxonomy

    @property
    def models(self) -> Path:
        """Folder of the shipped models: models/ beside the package, or $CXNLP_MODELS."""
        import os

        return Path(os.environ.get("CXNLP_MODELS") or Path(__file__).parents[1] / "models")


def load(path: Path | str | None = None, *, raw: Path | None = None, out: Path | None = None) -> Settings:
    """Read `path` (default: ./cxnlp.toml); `raw` and `out` override the file's folders.

    Raises ConfigError, one sentence per problem, for a missing file, bad TOML, unknown keys or wrong values.
    """
    path = Path(path or FILE_NAME)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"no configuration at {path}; name one with --config, or `cxnlp sources suggest DIR > {FILE_NAME}`"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML (UTF-8): {error}") from None
    try:
        settings = Settings.model_validate({**data, "home": path.resolve().parent})
    except ValidationError as error:
        raise ConfigError(f"{path}: " + "; ".join(_sentence(e) for e in error.errors())) from None
    changes: dict[str, Any] = {}
    if raw is not None:
        changes["raw"] = Path(raw).resolve()
    if out is not None:
        changes["out"] = Path(out).resolve()
    if changes:
        settings = settings.model_copy(update={"project": settings.project.model_copy(update=changes)})
    return settings


def _sentence(error: Any) -> str:
    if error["type"] == "secret":
        return str(error["msg"])  # and nothing of the value
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        import difflib

        known = _known_keys(error["loc"])
        close = difflib.get_close_matches(str(error["loc"][-1]), known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(sorted(known))}"
        return f"unknown key {where!r}; {hint}"
    return f"{where} = {error['input']!r}: {error['msg'].removeprefix('Value error, ')}"


def _known_keys(loc: tuple[Any, ...]) -> list[str]:
    group: Any = Settings
    for part in loc[:-1]:
        if not isinstance(group, type) or not issubclass(group, BaseModel) or part not in group.model_fields:
            continue
        kinds = [group.model_fields[part].annotation]
        while kinds:  # dict[str, Source], tuple[Rule, ...], Table | None → the model inside
            kind = kinds.pop()
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                group = kind
                break
            kinds.extend(getattr(kind, "__args__", ()))
    return [name for name in group.model_fields if name != "home"]
