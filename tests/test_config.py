"""Configuration fails loudly: one sentence that names the key and what to do."""

from __future__ import annotations

import pytest

from cxnlp.config import load
from cxnlp.errors import ConfigError


def write(tmp_path, text):
    path = tmp_path / "cxnlp.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[project]\nnmae = "x"', "unknown key 'project.nmae'; did you mean 'name'?"),
        ('[sources.a]\nfiles = "x"\n[sources.a.columns]\ntxt = "t"', "'sources.a.columns.txt'; did you mean 'text'?"),
        ('[sources.a]\nfiles = "x"\nkind = "tabel"', "sources.a.kind = 'tabel'"),
        ("[sources.a]\ndelimiter = ';'", "sources.a.files"),
        ('[project]\ntimezone = "Asia/Teheran"', "not a time zone name"),
        ("[insight]\nmin_n = 2", "insight.min_n = 2"),
        ("[project", "not valid TOML"),
    ],
)
def test_mistakes_are_named(tmp_path, text, said):
    """Whoever edits the file by hand must find the mistake without reading code."""
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text))
    assert said in str(caught.value)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("key", ["AWS_SECRET_ACCESS_KEY", "aws_access_key_id", "azure_sas_Token", "PASSWORD"])
@pytest.mark.parametrize("value", ['"hunter2"', "4242", '["hunter2"]'])
def test_a_secret_in_the_file_is_refused_and_never_shown(tmp_path, key, value):
    """The file lies in git and its errors in logs: a secret of the store belongs in the environment."""
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, f'[engine]\nstorage_options = {{ AWS_REGION = "eu", {key} = {value} }}'))
    said = str(caught.value)
    assert f"engine.storage_options.{key} " in said
    assert "environment" in said
    assert not [secret for secret in ("hunter2", "4242") if secret in said]


def test_other_storage_options_stand_in_the_file(tmp_path):
    """Where the store is and how patient to be with it is no secret."""
    settings = load(write(tmp_path, '[engine.storage_options]\nAWS_ENDPOINT_URL = "https://s3.example"'))
    assert settings.engine.storage_options == {"AWS_ENDPOINT_URL": "https://s3.example"}


def test_missing_file_says_how_to_make_one(tmp_path):
    """A first-time user has no configuration yet."""
    with pytest.raises(ConfigError, match="sources suggest"):
        load(tmp_path / "cxnlp.toml")


def test_paths_start_at_the_file_and_flags_win(tmp_path):
    """A scheduled run starts in another folder than the one where the file was written."""
    settings = load(write(tmp_path, '[project]\nraw = "exports"'))
    assert settings.raw == tmp_path / "exports"
    settings = load(tmp_path / "cxnlp.toml", raw=tmp_path / "other")
    assert settings.raw == tmp_path / "other"
    assert settings.out == tmp_path / "data/processed"
