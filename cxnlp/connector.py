"""[connectors.<name>] of cxnlp.toml: what `cxnlp pull` fetches, and from where (see cxnlp/connect)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Connector(BaseModel):
    """Something that `cxnlp pull` fetches into <raw>/<name>/; "$NAME" is the environment's, secrets only so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["rest", "sql", "files"] = "rest"
    preset: str | None = None  # rest: zendesk, intercom … (cxnlp/resources/connectors.yaml); what is said here wins
    url: str | None = None  # base of the API, database (postgresql+psycopg://reader:$PASSWORD@host/db), or bucket
    options: dict[str, str] = {}  # rest: what the preset asks for; files: fsspec's options, e.g. endpoint_url
    auth: dict[str, str] = {}  # rest: type = bearer | api_key | http_basic | …, and its secrets
    path: str | None = None  # rest: below url
    params: dict[str, str | int] = {}  # rest: query; "{incremental.start_value}" is where the last pull ended
    body: dict[str, Any] = {}  # rest: JSON of a POST
    headers: dict[str, str] = {}
    records: str | None = None  # rest: JSONPath of the records in an answer
    paginator: dict[str, Any] = {}  # rest: as dlt's rest_api wants it; none = found out
    table: str | None = None  # sql: table or view, with its schema if need be
    columns: tuple[str, ...] = ()  # sql: only these
    files: str = "**/*"  # files: pattern below url
    cursor: str | None = None  # column or JSONPath that grows; none = everything is fetched every time
    cursor_as: Literal["as_is", "unix"] = "as_is"  # rest: how the API wants to be told where to begin
    start: datetime | date | int | str | None = None  # value of the cursor where the first pull begins
    key: str | None = None  # column or path of the record's id
    first_row_names: bool = False  # rest: records are lists, and the first holds the names (sheets)
