"""The journey: six stages and their touchpoints, from resources/journey.yaml (or the user's own file).

Ids are permanent; labels and definitions may improve. A touchpoint belongs to one stage, `general` to none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cxnlp.errors import ConfigError

DEFAULT_PATH = Path(__file__).parent / "resources" / "journey.yaml"


@dataclass(frozen=True)
class Stage:
    """A stage of the customer journey, with its labels."""

    id: str
    en: str
    fa: str


@dataclass(frozen=True)
class Touchpoint:
    """A place where the company meets the customer; `covers` says what belongs to it."""

    id: str
    stage: str | None
    en: str
    fa: str
    covers: str


@dataclass(frozen=True)
class Taxonomy:
    """Stages and touchpoints in the order of the journey."""

    version: int
    stages: tuple[Stage, ...]
    touchpoints: tuple[Touchpoint, ...]

    @property
    def stage_by_touchpoint(self) -> dict[str, str | None]:
        """Touchpoint id → stage id; null for `general`."""
        return {t.id: t.stage for t in self.touchpoints}

    def stage_of(self, touchpoint: str | None) -> str | None:
        """Stage id of a touchpoint id; null for `general` and for null."""
        return None if touchpoint is None else self._by_id[touchpoint].stage

    def label(self, id: str | None, language: str) -> str:
        """Label of a stage or touchpoint id in `fa` or `en`."""
        if id is None:
            return {"fa": "نامشخص", "en": "Unknown"}[language]
        item = next((s for s in self.stages if s.id == id), None) or self._by_id[id]
        return item.fa if language == "fa" else item.en

    @property
    def _by_id(self) -> dict[str, Touchpoint]:
        return {t.id: t for t in self.touchpoints}


@cache
def load(path: Path = DEFAULT_PATH) -> Taxonomy:
    """Read and check a taxonomy file; raises ConfigError naming the entry that is wrong."""
    import yaml

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        stages = tuple(Stage(s["id"], s["en"], s["fa"]) for s in data["stages"])
        touchpoints = tuple(Touchpoint(t["id"], t["stage"], t["en"], t["fa"], t["is"]) for t in data["touchpoints"])
    except FileNotFoundError:
        raise ConfigError(
            f"the taxonomy file {path} does not exist; remove `taxonomy` from cxnlp.toml or mend it"
        ) from None
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigError(f"the taxonomy file {path} is not in the form of {DEFAULT_PATH.name}: {error!r}") from None
    known = {s.id for s in stages}
    for touchpoint in touchpoints:
        if touchpoint.stage is not None and touchpoint.stage not in known:
            listed = ", ".join(sorted(known))
            raise ConfigError(f"{path}: touchpoint {touchpoint.id!r} names stage {touchpoint.stage!r}; known: {listed}")
    ids = [t.id for t in touchpoints]
    if len(set(ids)) < len(ids):
        raise ConfigError(f"{path}: a touchpoint id occurs twice; ids are permanent and unique")
    if path != DEFAULT_PATH:
        missing = {t.id for t in load().touchpoints} - set(ids)
        if missing:
            raise ConfigError(
                f"{path}: touchpoints {sorted(missing)} are absent, but the model speaks of them; keep them"
            )
    return Taxonomy(int(data["version"]), stages, touchpoints)
