"""A folder on a full disk, and a manifest that was altered."""

import json

import faiss
import numpy as np
import pytest

from askdoc import build_index
from askdoc.caveats import parse_catalogue, parse_classifier
from askdoc.documents import document_from_text, read_documents
from askdoc.errors import CatalogueError, DocumentError, IndexDamagedError, IndexFolderError
from askdoc.index import PassageIndex
from fakes import CATS, WordEmbedder, document

STRAY = "0123456789ab"


@pytest.fixture
def index():
    return build_index([document(CATS)], embedder=WordEmbedder())


@pytest.fixture
def loading(monkeypatch):
    monkeypatch.setattr("askdoc.index.search.load_embedder", lambda name=None: WordEmbedder())


def builds(folder):
    return sorted(entry.name for entry in (folder / "builds").iterdir())


def full(*_, **__):
    raise OSError("109440 requested and 96192 written")


def full_for_faiss(*_):
    raise RuntimeError("Error in FileIOWriter: write error: No space left on device")


def interrupted(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("module", "name", "fault"), [(np, "save", full), (faiss, "write_index", full_for_faiss)]
)
def test_a_full_disk_is_told_and_leaves_no_half_behind(
    tmp_path, index, monkeypatch, module, name, fault
):
    index.save(tmp_path / "index")
    before = builds(tmp_path / "index")
    monkeypatch.setattr(module, name, fault)
    for _ in range(3):
        with pytest.raises(IndexFolderError, match="the disk is full"):
            index.save(tmp_path / "index")
        assert builds(tmp_path / "index") == before


def test_an_interrupted_build_leaves_no_half_behind(tmp_path, index, monkeypatch):
    index.save(tmp_path / "index")
    before = builds(tmp_path / "index")
    monkeypatch.setattr(np, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        index.save(tmp_path / "index")
    assert builds(tmp_path / "index") == before


def test_strays_are_removed_before_room_is_taken(tmp_path, index, monkeypatch, loading):
    index.save(tmp_path / "index")
    (tmp_path / "index/builds" / STRAY).mkdir()
    monkeypatch.setattr(np, "save", full)
    with pytest.raises(IndexFolderError):
        index.save(tmp_path / "index")
    assert STRAY not in builds(tmp_path / "index")
    monkeypatch.undo()


def altered(folder, **changes):
    file = folder / "manifest.json"
    data = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(data | changes), encoding="utf-8")


@pytest.mark.parametrize(
    "changes",
    [
        {"roots": ["/elsewhere"]},
        {"roots": 5},
        {"size": [1, 2]},
        {"sources": []},
        {"files": "x"},
        {"build": 7},
        {"exact": {"a": 1}},
        {"outdated": None},
        {"sha256": 5},
    ],
    ids=str,
)
@pytest.mark.parametrize("unhashed", [False, True])
def test_an_odd_manifest_is_damage_that_is_told(tmp_path, index, loading, changes, unhashed):
    index.save(tmp_path)
    if unhashed and changes != {"roots": ["/elsewhere"]}:
        changes = changes | {"sha256": None}
    altered(tmp_path, **changes)
    with pytest.raises(IndexDamagedError, match="manifest"):
        PassageIndex.load(tmp_path, stale=True)


def without_hash(folder, **changes):
    file = folder / "manifest.json"
    data = json.loads(file.read_text("utf-8")) | changes
    data.pop("sha256")
    file.write_text(json.dumps(data), encoding="utf-8")


def test_an_index_made_before_manifests_had_a_hash_is_read(tmp_path, index, loading):
    index.save(tmp_path)
    without_hash(tmp_path)
    assert len(PassageIndex.load(tmp_path).documents) == 1


@pytest.mark.parametrize(
    "changes",
    [{"build": "../.."}, {"files": {"../../x": ""}}, {"files": {"/etc/passwd": ""}}],
    ids=str,
)
def test_a_manifest_leads_to_no_file_outside_its_build(tmp_path, index, loading, changes):
    index.save(tmp_path)
    without_hash(tmp_path, **changes)
    with pytest.raises(IndexDamagedError, match="no build has"):
        PassageIndex.load(tmp_path, stale=True)


def test_a_manifest_nested_too_deep_is_damage_that_is_told(tmp_path, index, loading):
    index.save(tmp_path)
    (tmp_path / "manifest.json").write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(IndexDamagedError, match="manifest"):
        PassageIndex.load(tmp_path, stale=True)


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "{b=" * 100_000])
def test_a_catalogue_nested_too_deep_is_refused_in_words(text):
    with pytest.raises(CatalogueError, match="caveats"):
        parse_catalogue(text, "caveats.toml")


def test_a_classifier_nested_too_deep_is_refused_in_words():
    with pytest.raises(CatalogueError, match="is no classifier"):
        parse_classifier("[" * 100_000, "classifier.json")


@pytest.mark.parametrize("id", ["../etc", "a/b", "a\\b", "..", "."])
def test_an_id_that_is_a_path_is_refused(id):
    with pytest.raises(DocumentError, match="slash"):
        document_from_text(id, "Cats", "Cats sleep.")


@pytest.mark.parametrize("name", ["caveats.toml", "classifier.json"])
def test_a_catalogue_that_is_a_link_out_of_its_folder_is_not_followed(tmp_path, name):
    (tmp_path / "cats").mkdir()
    (tmp_path / "secret").write_text("x = 1", encoding="utf-8")
    (tmp_path / "cats" / name).symlink_to(tmp_path / "secret")
    (tmp_path / "cats/cats.md").write_text(CATS, encoding="utf-8")
    with pytest.raises(DocumentError, match="a link that leads out of"):
        list(read_documents([tmp_path / "cats"]))
