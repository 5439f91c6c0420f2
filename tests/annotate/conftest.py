from pathlib import Path

import pytest

from cxnlp.annotate import Annotator
from cxnlp.registry import ModelFolder, verify
from tests.annotate.tiny import make


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    return verify(make(tmp_path_factory.mktemp("models") / "reader" / "2026.1.1"))


@pytest.fixture(scope="session")
def reader(folder: ModelFolder) -> Annotator:
    return Annotator(folder, threads=2)


@pytest.fixture
def damaged(folder: ModelFolder, tmp_path: Path) -> Path:
    """A copy of the model folder for a test to harm."""
    import shutil

    return Path(shutil.copytree(folder.path, tmp_path / "reader" / "2026.1.1"))
