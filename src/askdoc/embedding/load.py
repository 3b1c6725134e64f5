"""Loads an embedder: on ONNX Runtime where the model's form is cached, else on torch."""

from functools import lru_cache

from askdoc.embedding.embedder import Embedder
from askdoc.embedding.models import Model, find_model


def load_embedder(name: str | None = None) -> Embedder:
    """Loads an embedding model from this machine: its ONNX form if there is one, else itself.

    Args:
        name: A folder, or the name of a sentence-transformers model already on this machine; by
            default the value of ASKDOC_MODEL, else the model that comes with askdoc.

    Raises:
        EmbedderError: The model is not here, is altered, or is not a sentence-transformers model
            with safetensors weights.
    """
    return _load(find_model(name))


def prepare_embedder(name: str | None = None) -> tuple[Embedder, str]:
    """Loads a model as `load_embedder` does, after making its ONNX form if it has none yet.

    Returns:
        The embedder, and a remark when the form could not be made now, else "".
    """
    model = find_model(name)
    from askdoc.embedding.export import export, form_of

    if form_of(model) is not None:
        return _load(model), ""
    from askdoc.embedding.by_torch import TorchEmbedder

    original = TorchEmbedder(model)
    try:
        form = export(model, original)
    except OSError as error:
        return original, f"The ONNX form of {model.name} could not be kept: {error.strerror}."
    if form.reason:
        return original, f"{model.name} runs by torch: {form.reason}."
    _load.cache_clear()
    return _load(model), ""


def describe_embedder(name: str | None = None) -> str:
    """Says which model would be loaded, what runs it, and why.

    Raises:
        EmbedderError: As `load_embedder`.
    """
    model = find_model(name)
    from askdoc.embedding.export import form_of

    form = form_of(model)
    if form is None:
        return f"{model.name} by torch: no ONNX form was made yet (askdoc index makes one)"
    if form.reason:
        return f"{model.name} by torch: {form.reason}"
    return f"{model.name} by ONNX Runtime: its form agrees with the original"


@lru_cache(maxsize=2)
def _load(model: Model) -> Embedder:
    from askdoc.embedding.export import form_of, graph_of

    form = form_of(model)
    if form is None or form.reason:
        from askdoc.embedding.by_torch import TorchEmbedder

        return TorchEmbedder(model)
    from askdoc.embedding.by_onnx import OnnxEmbedder

    return OnnxEmbedder(model, graph_of(model), form.window)
