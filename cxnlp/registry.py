"""models/ -> one verified local folder, and the version that annotations carry.

Layout: `<models>/<name>/<version>/` holds the files of one version with their sha256 in `manifest.json`;
`<models>/<name>/current.json` = {"version": ..., "history": [earlier current versions, oldest first]}.
A folder is never used before every file listed in its manifest has been read and its sha256 compared.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxnlp.errors import ModelError

if TYPE_CHECKING:
    from cxnlp.config import Settings

MANIFEST = "manifest.json"
CURRENT = "current.json"


@dataclass(frozen=True)
class ModelFolder:
    """A model version whose files were checked against their manifest."""

    path: Path
    name: str
    number: str
    sha256: dict[str, str]

    @property
    def version(self) -> str:
        """The string that annotations carry, e.g. reader-2026.11.1."""
        return f"{self.name}-{self.number}"

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits over all file hashes: equal exactly when the files are equal."""
        return hashlib.sha256(json.dumps(self.sha256, sort_keys=True).encode()).hexdigest()[:12]

    def json(self, file: str) -> Any:
        """Return a JSON file of the folder; raise ModelError naming the file when it is absent or broken."""
        return _read_json(self.path / file)


@dataclass(frozen=True)
class ModelVersion:
    """One line of `cxnlp models list`."""

    name: str
    number: str
    current: bool
    path: Path


def in_force(settings: "Settings") -> ModelFolder:
    """The verified folder of `[model] name` and `version`; from a hub only with `allow_hub`, see `_from_hub`.

    Raises ModelError as `resolve` does, and for a hub that does not answer.
    """
    model = settings.model
    try:
        return resolve(f"{model.name}-{model.version}" if model.version else model.name, settings.models)
    except ModelError:
        if "/" not in model.name or Path(model.name).exists() or (settings.models / model.name).exists():
            raise
    if not model.allow_hub:
        raise ModelError(
            f"[model] name = {model.name!r} is no folder here; nothing is fetched from a hub unless allow_hub = true "
            "stands beside it"
        )
    return _from_hub(model.name, model.version)


def _from_hub(name: str, revision: str | None) -> ModelFolder:
    """A model of the Hugging Face hub that holds a manifest, as `cxnlp train` writes it; fetched once, then cached."""
    from huggingface_hub import constants, snapshot_download

    constants.HF_HUB_OFFLINE = False  # our own default; allow_hub says otherwise
    try:
        folder = Path(snapshot_download(name, revision=revision))
    except Exception as error:  # the hub's client and those below it fail in many ways  # noqa: BLE001
        told = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ModelError(f"model {name!r} could not be fetched from the hub ({told}); use one of models/") from None
    found = verify(folder)
    return ModelFolder(found.path, name.split("/")[-1], (revision or folder.name)[:12], found.sha256)


def resolve(name_or_path: str | Path, models_dir: Path) -> ModelFolder:
    """Return the verified folder of `reader` (its current version), `reader-2026.11.1` or a path to such a folder.

    Raises ModelError naming the missing or damaged file and the command that restores it, or the known models.
    """
    given = str(name_or_path)
    path = Path(given)
    if path.is_dir() and (path / MANIFEST).exists():
        return verify(path)
    if (models_dir / given / CURRENT).exists():
        return verify(models_dir / given / current_number(models_dir, given))
    for version in list_versions(models_dir):
        if given in (f"{version.name}-{version.number}", f"{version.name}/{version.number}"):
            return verify(version.path)
    known = ", ".join(f"{v.name}-{v.number}" for v in list_versions(models_dir)) or "none"
    raise ModelError(
        f"No model {given!r} in {models_dir} (there: {known}): name one of these or a model folder, restore the "
        f"shipped one with `git checkout -- {models_dir}`, or train one from a local or hub encoder with "
        f"`cxnlp train --base {given}`."
    )


def verify(folder: Path) -> ModelFolder:
    """Return the folder after comparing the sha256 of every file in its manifest; raise ModelError on a difference."""
    manifest = _read_json(folder / MANIFEST)
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict) or not files:
        raise ModelError(f"{folder / MANIFEST} lists no files: {_restore(folder / MANIFEST)}")
    for file, expected in files.items():
        path = folder / file
        if not path.is_file():
            raise ModelError(f"Model file {path} is missing: {_restore(path)}")
        if file_sha256(path) != expected:
            raise ModelError(f"Model file {path} is damaged (its sha256 is not the manifest's): {_restore(path)}")
    return ModelFolder(folder, folder.parent.name, folder.name, dict(files))


def write_manifest(folder: Path) -> Path:
    """Write manifest.json with the sha256 of every other file of a model folder; return its path."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST)
    hashes = {p.relative_to(folder).as_posix(): file_sha256(p) for p in files}
    path = folder / MANIFEST
    path.write_text(json.dumps({"files": hashes}, indent=1) + "\n", encoding="utf-8")
    return path


def file_sha256(path: Path) -> str:
    """Return the hex sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def list_versions(models_dir: Path) -> list[ModelVersion]:
    """Return every version under `models_dir`, by name and then number."""
    manifests = sorted(models_dir.glob(f"*/*/{MANIFEST}"), key=lambda p: (p.parent.parent.name, _order(p.parent.name)))
    current = {p.parent.name: _read_json(p).get("version") for p in models_dir.glob(f"*/{CURRENT}")}
    return [
        ModelVersion(p.parent.parent.name, p.parent.name, current.get(p.parent.parent.name) == p.parent.name, p.parent)
        for p in manifests
    ]


def current_number(models_dir: Path, name: str) -> str:
    """Return the promoted version number of a model; raise ModelError when there is none."""
    path = models_dir / name / CURRENT
    number = _read_json(path).get("version")
    if not isinstance(number, str) or not (path.parent / number).is_dir():
        raise ModelError(f"{path} names version {number!r}, which is not there: promote another or {_restore(path)}")
    return number


def promote(models_dir: Path, name: str, number: str) -> ModelFolder:
    """Make a verified version the current one, remembering the one before; no change if it already is."""
    folder = verify(models_dir / name / number)
    path = models_dir / name / CURRENT
    before = _read_json(path) if path.exists() else {}
    if before.get("version") == number:
        return folder
    history = [*before.get("history", []), *([before["version"]] if "version" in before else [])]
    _write_current(path, number, history)
    return folder


def rollback(models_dir: Path, name: str) -> ModelFolder:
    """Make the version that was current before the last promotion current again; ModelError when there is none."""
    path = models_dir / name / CURRENT
    history = _read_json(path).get("history", [])
    if not history:
        raise ModelError(f"{path} has no earlier version to go back to: promote one with `cxnlp models promote`.")
    folder = verify(models_dir / name / history[-1])
    _write_current(path, history[-1], history[:-1])
    return folder


def _write_current(path: Path, number: str, history: list[str]) -> None:
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps({"version": number, "history": history}, indent=1) + "\n", encoding="utf-8")
    draft.replace(path)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"Model file {path} is missing: {_restore(path)}") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise ModelError(f"Model file {path} is damaged (not JSON): {_restore(path)}") from None


def _restore(path: Path) -> str:
    return f"restore it with `git checkout -- {path}`, or train again with `cxnlp train`."


def _order(number: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part) if part.isdigit() else -1, part) for part in number.split("."))
