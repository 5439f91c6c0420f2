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
