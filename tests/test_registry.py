"""The registry: what protects annotations from a damaged or half-copied model."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cxnlp.errors import ModelError
from cxnlp.registry import list_versions, promote, resolve, rollback, write_manifest
from cxnlp.registry_commands import app


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for number in ("2026.9.1", "2026.11.1"):
        folder = tmp_path / "reader" / number
        folder.mkdir(parents=True)
        (folder / "heads.json").write_text(json.dumps({"kind": ["pain"]}), encoding="utf-8")
        (folder / "model.safetensors").write_bytes(b"weights of " + number.encode())
        (folder / "card.md").write_text(f"# Card of {number}: خوانندهٔ دوزبانه", encoding="utf-8")
        write_manifest(folder)
    promote(tmp_path, "reader", "2026.9.1")
    return tmp_path


def test_names_paths_and_versions_lead_to_the_same_folder(models: Path) -> None:
    """Users write any of these forms in cxnlp.toml; annotations must carry one and the same version."""
    by_name = resolve("reader", models)
    assert by_name.version == "reader-2026.9.1"
    for form in ("reader-2026.9.1", "reader/2026.9.1", models / "reader" / "2026.9.1"):
        assert resolve(form, models) == by_name
    assert by_name.fingerprint != resolve("reader-2026.11.1", models).fingerprint


@pytest.mark.parametrize("file", ["model.safetensors", "heads.json", "card.md"])
@pytest.mark.parametrize("harm", ["truncate", "delete"])
def test_a_harmed_file_is_named_with_its_cure(models: Path, file: str, harm: str) -> None:
    """A half-copied weight file would annotate wrongly without a word; the message must say how to restore it."""
    path = models / "reader" / "2026.9.1" / file
    if harm == "delete":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError) as error:
        resolve("reader", models)
    assert str(path) in str(error.value)
    assert f"git checkout -- {path}" in str(error.value)


@pytest.mark.parametrize("content", ["", "{", '{"files": {}}', "[]"])
def test_a_broken_manifest_is_an_error_and_not_an_unchecked_model(models: Path, content: str) -> None:
    """Without its manifest nothing about a model is known; it must not be used as if it had been checked."""
    (models / "reader" / "2026.9.1" / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"manifest\.json"):
        resolve("reader", models)


def test_current_may_not_point_nowhere(models: Path) -> None:
    """A hand-edited current.json is a user's mistake: one sentence, no traceback."""
    (models / "reader" / "current.json").write_text('{"version": "2030.1.1"}', encoding="utf-8")
    with pytest.raises(ModelError, match=r"2030\.1\.1"):
        resolve("reader", models)


def test_an_unknown_name_lists_what_there_is(models: Path) -> None:
    """A hub name in the configuration must never reach for the network; the message says what can be done."""
    with pytest.raises(ModelError, match=r"reader-2026\.11\.1.*--base xlm-roberta-base"):
        resolve("xlm-roberta-base", models)


def test_promotion_can_be_taken_back_step_by_step(models: Path) -> None:
    """A bad promotion is mended by going back, never by retraining."""
    promote(models, "reader", "2026.11.1")
    promote(models, "reader", "2026.11.1")
    assert [v.number for v in list_versions(models) if v.current] == ["2026.11.1"]
    assert [v.number for v in list_versions(models)] == ["2026.9.1", "2026.11.1"]
    assert rollback(models, "reader").number == "2026.9.1"
    with pytest.raises(ModelError, match="no earlier version"):
        rollback(models, "reader")


def test_a_harmed_version_is_not_promoted(models: Path) -> None:
    """Promotion is the last gate before every report changes."""
    (models / "reader" / "2026.11.1" / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelError):
        promote(models, "reader", "2026.11.1")
    assert resolve("reader", models).number == "2026.9.1"


def test_the_commands_say_what_is_used(models: Path) -> None:
    """The command line is how a team sees and changes the version in use."""
    run = CliRunner().invoke
    assert "* reader-2026.9.1" in run(app, ["list", "--models", str(models)]).output
    assert "خوانندهٔ" in run(app, ["show", "reader", "--models", str(models)]).output
    assert "reader-2026.11.1" in run(app, ["promote", "reader", "2026.11.1", "--models", str(models)]).output
    assert "reader-2026.9.1" in run(app, ["rollback", "reader", "--models", str(models)]).output


def test_a_hub_is_asked_only_when_the_configuration_says_so(models, monkeypatch):
    """Offline is the default; who has a network gets a hub's model, verified like ours, by a line of configuration."""
    import huggingface_hub

    from cxnlp.config import Model, Settings
    from cxnlp.registry import in_force

    asked = []

    def download(name, revision=None):
        asked.append((name, revision))
        if name == "someone/gone":
            raise OSError("no route to host")
        return str(models / "reader" / "2026.9.1")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    monkeypatch.setenv("CXNLP_MODELS", str(models))
    with pytest.raises(ModelError, match="allow_hub = true"):
        in_force(Settings(model=Model(name="someone/reader")))
    assert not asked
    found = in_force(Settings(model=Model(name="someone/reader", version="v2", allow_hub=True)))
    assert found.version == "reader-v2" and asked == [("someone/reader", "v2")]
    with pytest.raises(ModelError, match="no route to host"):
        in_force(Settings(model=Model(name="someone/gone", allow_hub=True)))
    assert in_force(Settings(model=Model(allow_hub=True))).version == "reader-2026.9.1"  # shipped ones come first
    assert len(asked) == 2
