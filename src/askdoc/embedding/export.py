"""A model's ONNX form: exported once, checked against the original, kept in the user's cache.

```
CACHE/models/FINGERPRINT/form.json     window, hash of the graph; or why there is none
CACHE/models/FINGERPRINT/model.onnx
```
CACHE is ASKDOC_CACHE, or ~/.cache/askdoc. A form is used only if its vectors agree with
the original's on a fixed set of texts.
"""

import json
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from askdoc.embedding.by_onnx import OnnxEmbedder
from askdoc.embedding.by_torch import TorchEmbedder, last_layers, quiet
from askdoc.embedding.models import Model, cache_folder, sha256_of

MIN_COSINE = 0.9999
_RECIPE = 4
_PROBES = (
    "Cats sleep sixteen hours a day.",
    "is it ok?",
    "Naïve café — 3.50 € (2019), e.g. “quoted”; see https://example.org/a?b=c",
    "ASKING IN CAPITALS",
    "  spaces\tand\nlines  ",
    "长文本 и кириллица 😀",
    "word " * 600,
)


@dataclass(frozen=True, slots=True)
class OnnxForm:
    """The record of a model's ONNX form. `reason` says why there is none, or is ""."""

    window: int
    sha256: str
    reason: str = ""
    recipe: int = _RECIPE


def form_of(model: Model) -> OnnxForm | None:
    """The cached form of a model; None when none was made, or it was altered."""
    try:
        data = json.loads((_place(model) / "form.json").read_text(encoding="utf-8"))
        form = OnnxForm(**data)
    except (OSError, ValueError, TypeError):
        return None
    if form.recipe != _RECIPE or (not form.reason and not _intact(model, form)):
        return None
    return form


def graph_of(model: Model) -> Path:
    """The file of a model's ONNX graph."""
    return _place(model) / "model.onnx"


def export(model: Model, original: TorchEmbedder) -> OnnxForm:
    """Exports a model to ONNX, checks it against the original, and caches it.

    Returns:
        The form; its `reason` is set when the model cannot be exported or does not agree.

    Raises:
        OSError: The cache cannot be written.
    """
    place = _place(model)
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
    try:
        form = _made(model, original, beside / "model.onnx")
        (beside / "form.json").write_text(json.dumps(asdict(form)), encoding="utf-8")
        shutil.rmtree(place, ignore_errors=True)
        beside.rename(place)
        return form
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _place(model: Model) -> Path:
    return cache_folder() / "models" / model.fingerprint[:32]


def _intact(model: Model, form: OnnxForm) -> bool:
    graph = graph_of(model)
    return graph.is_file() and sha256_of([graph]) == form.sha256


def _made(model: Model, original: TorchEmbedder, graph: Path) -> OnnxForm:
    try:
        _trace(original, graph)
        cosine = _agreement(model, original, graph)
    except Exception as error:  # whatever torch, onnx or the tokenizer cannot do with this model
        graph.unlink(missing_ok=True)
        return OnnxForm(original.window, "", f"it cannot be exported ({type(error).__name__})")
    if cosine < MIN_COSINE:
        graph.unlink()
        return OnnxForm(original.window, "", f"its ONNX form agrees to cosine {cosine:.5f} only")
    return OnnxForm(original.window, sha256_of([graph]))


def _agreement(model: Model, original: TorchEmbedder, graph: Path) -> float:
    """The smallest cosine between both models' vectors of texts and tokens."""
    exported = OnnxEmbedder(model, graph, original.window)
    pairs = [(exported.encode(_PROBES), original.encode(_PROBES))]
    ours, theirs = exported.encode_tokens(_PROBES), original.encode_tokens(_PROBES)
    pairs += [(one.vectors, other.vectors) for one, other in zip(ours, theirs, strict=True)]
    width = ours[0].vectors.shape[1]
    pairs += [
        (one.layers.reshape(-1, width), other.layers.reshape(-1, width))
        for one, other in zip(ours, theirs, strict=True)
        if one.layers is not None and other.layers is not None
    ]
    return min(float(np.min(np.sum(one * other, axis=1))) for one, other in pairs)


def _trace(original: TorchEmbedder, graph: Path) -> None:
    import onnxruntime
    import torch

    class Pipeline(torch.nn.Module):
        """Transformer, pooling and normalisation as one graph from token ids to vectors."""

        def __init__(self, names: list[str]) -> None:
            super().__init__()
            self.inner = original.transformer
            self.names = names

        def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
            features = self.inner(dict(zip(self.names, tensors, strict=True)))
            unit = torch.nn.functional.normalize
            return (
                unit(features["sentence_embedding"], p=2, dim=1),
                unit(features["token_embeddings"], p=2, dim=2),
                torch.cat([unit(layer, p=2, dim=2) for layer in last_layers(features)], dim=2),
            )

    device = original.transformer.device
    tokens = original.transformer.tokenizer(list(_PROBES[:2]), padding=True, return_tensors="pt")
    names = list(tokens)
    rough = graph.with_suffix(".rough")
    with quiet(), _plainly(original), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Pipeline(names).eval(),
            tuple(tokens[name].to(device) for name in names),
            str(rough),
            input_names=names,
            output_names=["vectors", "pieces", "layers"],
            dynamic_axes={
                **{name: {0: "texts", 1: "pieces"} for name in names},
                "vectors": {0: "texts"},
                "pieces": {0: "texts", 1: "pieces"},
                "layers": {0: "texts", 1: "pieces"},
            },
            opset_version=17,
            dynamo=False,
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(graph)
    # Beyond "extended" the layout is tuned to this very processor and would not travel.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    onnxruntime.InferenceSession(str(rough), options, providers=["CPUExecutionProvider"])
    rough.unlink()


@contextmanager
def _plainly(original: TorchEmbedder) -> Iterator[None]:
    """Eager attention: torch's fused operator exports to twice as many nodes."""
    from transformers import PreTrainedModel

    models = [m for m in original.transformer.modules() if isinstance(m, PreTrainedModel)]
    before = [model.config._attn_implementation for model in models]
    for model in models:
        model.set_attn_implementation("eager")
    try:
        yield
    finally:
        for model, name in zip(models, before, strict=True):
            model.set_attn_implementation(name)
