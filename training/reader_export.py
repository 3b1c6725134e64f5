"""Writes a trained encoder as the graph that ships.

Usage: `python -m training.reader_export FOLDER/average`, with the folder of its last weights.

The graph reads word embeddings, not token ids: these stay where they are, in the embedding model's
package, and need not be shipped twice. Weights are held in 8 bits, seven of them used, so that
processors without newer instructions give the same numbers.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions
from torch import Tensor, nn
from transformers import BertModel

from askdoc.embedding.models import find_model
from training.reader import restore
from training.reader_network import Reader

SHIPPED = Path(__file__).parent.parent / "src" / "askdoc" / "reading"
OPSET = 17


class FromWords(nn.Module):
    """The encoder from word embeddings to hidden states, one text at a time.

    It is the encoder of transformers written out: query, key and value are one product.
    """

    def __init__(self, encoder: BertModel) -> None:
        """Takes a trained encoder."""
        super().__init__()
        config, embeddings = encoder.config, encoder.embeddings
        self.heads = config.num_attention_heads
        self.positions = embeddings.position_embeddings.weight
        self.types = embeddings.token_type_embeddings.weight
        self.norm = embeddings.LayerNorm
        self.layers = nn.ModuleList(_Layer(one, self.heads) for one in encoder.encoder.layer)

    def forward(self, words: Tensor, types: Tensor) -> Tensor:
        """Hidden states, (1, n, d), of word embeddings (1, n, d) and token types (1, n)."""
        hidden = self.norm(words + self.types[types] + self.positions[: words.shape[1]])
        for layer in self.layers:
            hidden = layer(hidden)
        return cast(Tensor, hidden)


class _Layer(nn.Module):
    """One layer of the encoder."""

    def __init__(self, layer: Any, heads: int) -> None:
        super().__init__()
        attention = layer.attention
        parts = (attention.self.query, attention.self.key, attention.self.value)
        self.together = nn.Linear(parts[0].in_features, 3 * parts[0].out_features)
        self.together.weight.data = torch.cat([part.weight for part in parts])
        self.together.bias.data = torch.cat([part.bias for part in parts])
        self.heads = heads
        self.out: nn.Linear = attention.output.dense
        self.first_norm: nn.LayerNorm = attention.output.LayerNorm
        self.up: nn.Linear = layer.intermediate.dense
        self.down: nn.Linear = layer.output.dense
        self.last_norm: nn.LayerNorm = layer.output.LayerNorm

    def forward(self, hidden: Tensor) -> Tensor:
        width = hidden.shape[-1]
        size = width // self.heads
        split = self.together(hidden).view(1, -1, 3 * self.heads, size).transpose(1, 2)
        query, key, value = split.split(self.heads, dim=1)
        weights = torch.softmax(query @ key.transpose(2, 3) / size**0.5, dim=-1)
        mixed = (weights @ value).transpose(1, 2).reshape(1, -1, width)
        hidden = self.first_norm(hidden + self.out(mixed))
        raised = nn.functional.gelu(self.up(hidden))
        return cast(Tensor, self.last_norm(hidden + self.down(raised)))


def main() -> None:
    """Exports, quantises, and writes graph and heads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--to", type=Path, default=SHIPPED)
    parser.add_argument("--exact", action="store_true", help="keep single precision, to compare")
    options = parser.parse_args()
    reader = Reader(find_model(None).folder)
    restore(options.folder, [p.data for p in reader.parameters() if p.requires_grad])
    reader.eval()
    options.to.mkdir(parents=True, exist_ok=True)
    write_graph(reader.encoder, options.to / "reader.onnx", exact=options.exact)
    write_heads(reader, options.to / "reader.npz")


def write_graph(encoder: BertModel, graph: Path, *, exact: bool) -> None:
    """Traces the encoder, fuses its attention, and quantises its products."""
    config = encoder.config
    example = (torch.randn(1, 9, config.hidden_size), torch.tensor([[0] * 4 + [1] * 5]))
    with tempfile.TemporaryDirectory() as beside:
        rough, fused = Path(beside) / "rough.onnx", Path(beside) / "fused.onnx"
        with torch.no_grad():
            torch.onnx.export(
                FromWords(encoder),
                example,
                str(rough),
                input_names=["words", "types"],
                output_names=["hidden"],
                dynamic_axes={name: {1: "tokens"} for name in ("words", "types", "hidden")},
                opset_version=OPSET,
                dynamo=False,
            )
        fusion = FusionOptions("bert")
        fusion.enable_embed_layer_norm = False
        # The fused sum and norm runs on one number at a time: a fifth of a reading goes to it.
        fusion.enable_skip_layer_norm = False
        fusion.enable_bias_skip_layer_norm = False
        optimised = optimizer.optimize_model(
            str(rough),
            "bert",
            num_heads=config.num_attention_heads,
            hidden_size=config.hidden_size,
            optimization_options=fusion,
            opt_level=1,
        )
        optimised.save_model_to_file(str(graph if exact else fused))
        if not exact:
            quantize_dynamic(
                fused,
                graph,
                per_channel=True,
                reduce_range=True,
                weight_type=QuantType.QInt8,
                op_types_to_quantize=["MatMul", "Attention"],
                extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
            )


def write_heads(reader: Reader, place: Path) -> None:
    """The heads that read sentences and passages from hidden states."""
    state = {name: value.detach().numpy() for name, value in reader.named_parameters()}
    np.savez(
        place,
        sentence=state["sentence.weight"][0],
        sentence_bias=state["sentence.bias"],
        passage=state["passage.weight"][0],
        passage_bias=state["passage.bias"],
        span=state["span.weight"],
        span_bias=state["span.bias"],
    )


if __name__ == "__main__":
    main()
