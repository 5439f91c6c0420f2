"""[connectors.<name>] → a resource of dlt: an endpoint, a table, or the files of a bucket."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from cxnlp.connect.landing import LINE, to_line
from cxnlp.connector import Connector
from cxnlp.errors import ConfigError

PRESETS = Path(__file__).parents[1] / "resources" / "connectors.yaml"
TEXT: dict[str, Any] = {LINE: {"data_type": "text", "nullable": False}}


def resource(name: str, connector: Connector, folder: Path) -> tuple[Any, list[Path] | None]:
    """The resource, and for a bucket the list that the copied files will be added to."""
    if connector.kind == "files":
        return _files(name, connector, folder)
    if connector.kind == "sql":
        return _sql(name, connector) | _lines(to_line), None
    connector = with_preset(name, connector)
    return _rest(name, connector) | _lines(_named() if connector.first_row_names else to_line), None


def _lines(convert: Callable[[Any], dict[str, str] | None]) -> Any:
    """A step of its own, so that keys and types of the table before it do not bind what lands."""
    import dlt

    @dlt.transformer(name="records", columns=TEXT)
    def lines(page: Any) -> Any:
        found = [convert(item) for item in (page if isinstance(page, list) else [page])]
        yield [line for line in found if line is not None]

    return lines


def with_preset(name: str, connector: Connector) -> Connector:
    """The connector with what its preset says, where it does not say it itself; options fill the {placeholders}."""
    if connector.preset is None:
        return connector
    presets = yaml.safe_load(PRESETS.read_text(encoding="utf-8"))
    if connector.preset not in presets:
        raise ConfigError(f"connectors.{name}.preset = {connector.preset!r}; known: {', '.join(sorted(presets))}")
    preset = {k: v for k, v in presets[connector.preset].items() if k != "about"}
    own = connector.model_dump(exclude_unset=True)
    merged = preset | {k: {**preset.get(k, {}), **v} if isinstance(v, dict) else v for k, v in own.items()}
    return Connector.model_validate(_fill(merged, connector.options, name))


def _fill(value: Any, options: dict[str, str], name: str) -> Any:
    if isinstance(value, dict):
        return {k: _fill(v, options, name) if k != "options" else v for k, v in value.items()}
    if isinstance(value, str):
        for option, given in options.items():
            value = value.replace(f"<{option}>", given)
        if "<" in value and ">" in value:
            missing = value[value.index("<") + 1 : value.index(">")]
            raise ConfigError(f'connectors.{name} needs options = {{ {missing} = "…" }}')
    return value


def _need(name: str, connector: Connector, *fields: str) -> None:
    for field in fields:
        if not getattr(connector, field):
            raise ConfigError(f"connectors.{name}.{field} is missing; a connector of kind {connector.kind!r} needs it")


def _incremental(connector: Connector, **more: Any) -> dict[str, Any] | None:
    if not connector.cursor:
        return None
    return {
        "cursor_path": connector.cursor,
        "initial_value": connector.start,
        "on_cursor_value_missing": "include",
        "primary_key": connector.key,
        **more,
    }


# --- REST ---


def _rest(name: str, connector: Connector) -> Any:
    from dlt.sources.rest_api import rest_api_resources

    _need(name, connector, "url")
    endpoint: dict[str, Any] = {"path": connector.path or "", "params": dict(connector.params)}
    if connector.body:
        endpoint |= {"method": "POST", "json": connector.body}
    if connector.records:
        endpoint["data_selector"] = connector.records
    if connector.paginator:
        endpoint["paginator"] = dict(connector.paginator)
    incremental = _incremental(connector)
    if incremental:
        endpoint["incremental"] = incremental | ({"convert": to_unix} if connector.cursor_as == "unix" else {})
    client: dict[str, Any] = {"base_url": connector.url, "headers": connector.headers}
    if connector.auth:
        from cxnlp.connect.auth import make

        client["auth"] = make(name, connector.auth)
    described = {"name": "asked", "endpoint": endpoint}
    (made,) = rest_api_resources({"client": client, "resources": [described]})  # type: ignore[typeddict-item]
    return made


def to_unix(moment: Any) -> int:
    """Seconds since 1970 of an ISO timestamp; a number stays what it is."""
    if isinstance(moment, int | float) or str(moment).isdigit():
        return int(moment)
    read = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
    return int(read.timestamp())


def _named() -> Callable[[Any], dict[str, str] | None]:
    names: list[str] = []

    def convert(row: list[Any]) -> dict[str, str] | None:
        if not names:
            names.extend(str(v) for v in row)
        elif any(v not in (None, "") for v in row):
            return to_line({n: row[i] if i < len(row) else None for i, n in enumerate(names)})
        return None

    return convert


# --- SQL ---


def _sql(name: str, connector: Connector) -> Any:
    import dlt
    from dlt.sources.sql_database import sql_table

    _need(name, connector, "url", "table")
    schema, _, table = str(connector.table).rpartition(".")
    start = connector.start
    if isinstance(start, date) and not isinstance(start, datetime):
        start = datetime(start.year, start.month, start.day)
    incremental = _incremental(connector, initial_value=start)
    return sql_table(
        credentials=str(connector.url),
        table=table,
        schema=schema or None,
        incremental=dlt.sources.incremental(**incremental) if incremental else None,
        included_columns=list(connector.columns) or None,
        reflection_level="minimal",
        chunk_size=10_000,
    )


# --- buckets ---


def _files(name: str, connector: Connector, folder: Path) -> tuple[Any, list[Path]]:
    import dlt
    from dlt.sources.filesystem import filesystem

    _need(name, connector, "url")
    import fsspec

    protocol, _, _ = str(connector.url).partition("://")
    client = fsspec.filesystem(protocol if "://" in str(connector.url) else "file", **connector.options)
    copied: list[Path] = []

    def copy(item: Any) -> None:
        target = folder / PurePosixPath(item["relative_path"])
        if not target.resolve().is_relative_to(folder.resolve()):
            raise ConfigError(f"connectors.{name}: {item['relative_path']} leads out of {folder}")
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.draft")
        with item.open() as source, draft.open("wb") as sink:
            shutil.copyfileobj(source, sink)
        draft.replace(target)
        copied.append(target)

    listed = filesystem(
        bucket_url=connector.url,
        credentials=client,
        file_glob=connector.files,
        incremental=dlt.sources.incremental("modification_date"),
    )
    return listed | _lines(copy), copied
