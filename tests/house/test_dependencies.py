import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from askdoc.cli.app import EXTRA_OF, main
from askdoc.documents import document_from_bytes
from askdoc.errors import DocumentError

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OPTIONAL = {
    *EXTRA_OF,
    "ir_measures",
    "matplotlib",
    "textstat",
    *"chardet mammoth pypdfium2".split(),
}
OPTIONAL -= {"httpx", "grpc"}  # others bring them too
CORE = "answering batch check cli documents index refresh rendering"


@pytest.mark.slow
def test_asking_and_indexing_import_no_optional_library():
    program = "import sys\n" + "".join(f"sys.modules[{name!r}] = None\n" for name in OPTIONAL)
    program += "".join(f"import askdoc.{room}\n" for room in CORE.split())
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_an_article_is_begun_and_a_file_added_without_the_libraries_that_fetch(tmp_path):
    (tmp_path / "ferry.md").write_text("# Ferry\n\nIt costs three euros.")
    program = (
        "import sys\nsys.modules['httpx'] = sys.modules['protego'] = None\n"
        "from pathlib import Path\nfrom askdoc.importing import add, new_article\n"
        "new_article('tea', Path('corpus'))\nadd('ferry.md', Path('corpus'))\n"
        "add('https://example.org/', Path('corpus'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path
    )
    assert "ModuleNotFoundError" in done.stderr.splitlines()[-1]
    assert {path.name for path in (tmp_path / "corpus").iterdir()} >= {"tea", "ferry"}


@pytest.mark.slow
def test_serving_and_measuring_import_neither_pytorch_nor_what_a_store_needs():
    program = (
        "import sys, askdoc.server, askdoc.evaluation, askdoc.refresh\n"
        "print({'torch', 'pymilvus', 'distributed', 'dask', 'redis'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


@pytest.mark.parametrize(("module", "extra"), [("gradio", "server"), ("pymilvus", "milvus")])
def test_a_missing_library_is_named_with_the_extra_that_brings_it(
    module, extra, monkeypatch, capsys
):
    def needs():
        raise ModuleNotFoundError(name=module)

    monkeypatch.setattr(sys.modules["askdoc.cli.app"], "app", needs)
    with pytest.raises(SystemExit, match="1"):
        main()
    assert f"needs the extra {extra}" in (said := capsys.readouterr().err)
    assert f"pip install -c constraints.txt -e '.[{extra}]'" in said


def test_each_optional_module_is_declared_in_its_extra():
    for module, extra in EXTRA_OF.items():
        declared = " ".join(PROJECT["optional-dependencies"][extra]).replace("-", "_")
        assert module in declared or module == "grpc"  # pymilvus brings it


def test_the_core_is_small():
    assert len(PROJECT["dependencies"]) <= 16


@pytest.mark.parametrize("name", ["paper.pdf", "letter.docx"])
def test_a_format_whose_library_is_missing_names_the_extra(name, monkeypatch):
    monkeypatch.setattr("askdoc.documents.files.find_spec", lambda module: None)
    with pytest.raises(
        DocumentError, match=rf"{name}: .* needs the extra documents.*\[documents\]"
    ):
        document_from_bytes(b"%PDF-1.4", name)
