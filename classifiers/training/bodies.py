"""The transformer before it learns our task: some layers of e5 over the pieces Chinese needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from attrs import frozen
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification

from classifiers.model.student import LONGEST
from classifiers.training.e5 import Encoder

START, PAD, END, UNKNOWN = 0, 1, 2, 3
_SPECIAL = 4
_MATRICES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
_EMBEDDINGS = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@frozen(kw_only=True)
class Body:
    """A network with one fresh output per head, and the tokenizer whose ids it reads."""

    network: BertForSequenceClassification
    tokenizer: Tokenizer


def cut(
    encoder: Encoder,
    texts: Sequence[str],
    *,
    heads: Sequence[str],
    layers: Sequence[int],
    pieces: int,
) -> Body:
    """The named layers of an encoder and the `pieces` most frequent pieces of `texts`."""
    kept = _kept(encoder, texts, pieces)
    network = BertForSequenceClassification(_config(encoder, heads, len(layers), len(kept)))
    weights = {name: torch.tensor(value) for name, value in _weights(encoder, kept, layers)}
    network.bert.load_state_dict(weights, strict=False)
    return Body(network=network, tokenizer=_tokenizer([encoder.pieces[row] for row in kept]))


def _kept(encoder: Encoder, texts: Sequence[str], most: int) -> list[int]:
    """Rows of the vocabulary: special ones, single signs that occur, then the most frequent."""
    counts: Counter[int] = Counter()
    for encoding in _tokenizer(encoder.pieces).encode_batch(list(texts)):
        counts.update(encoding.ids)
    letters = Counter("".join(texts))
    kept = set(range(_SPECIAL)) | {
        row
        for row, (piece, _) in enumerate(encoder.pieces)
        if len(piece) == 1 and (piece.isascii() or letters[piece] > 1)
    }
    for row, _ in counts.most_common():
        if len(kept) >= most:
            break
        kept.add(row)
    return sorted(kept)


def _tokenizer(pieces: Iterable[tuple[str, float]]) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram(list(pieces), unk_id=UNKNOWN, byte_fallback=False))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", START), ("</s>", END)]
    )
    tokenizer.enable_truncation(LONGEST)
    return tokenizer


def _config(encoder: Encoder, heads: Sequence[str], layers: int, pieces: int) -> BertConfig:
    return BertConfig(
        vocab_size=pieces,
        hidden_size=encoder.hidden,
        num_hidden_layers=layers,
        num_attention_heads=encoder.heads,
        intermediate_size=encoder.inner,
        max_position_embeddings=LONGEST,
        type_vocab_size=1,
        layer_norm_eps=encoder.epsilon,
        pad_token_id=PAD,
        problem_type="multi_label_classification",
        id2label=dict(enumerate(heads)),
        label2id={head: number for number, head in enumerate(heads)},
    )


def _weights(
    encoder: Encoder, kept: Sequence[int], layers: Sequence[int]
) -> Iterator[tuple[str, np.ndarray]]:
    tensors = encoder.tensors
    wide = {
        name: tensors[name].reshape(-1, encoder.hidden)
        for name in ("emb.word", "emb.pos", "emb.type")
    }
    yield "embeddings.word_embeddings.weight", wide["emb.word"][kept]
    wide |= {"emb.pos": wide["emb.pos"][:LONGEST], "emb.type": wide["emb.type"][:1]}
    for name, target in _EMBEDDINGS.items():
        yield target, wide.get(name, tensors[name])
    for place, number in enumerate(layers):
        for short, target in _MATRICES.items():
            bias = tensors[f"l{number}.{short}.b"]
            matrix = tensors[f"l{number}.{short}.w"].reshape(len(bias), -1)
            yield f"encoder.layer.{place}.{target}.weight", matrix
            yield f"encoder.layer.{place}.{target}.bias", bias
        for short, target in _NORMS.items():
            yield f"encoder.layer.{place}.{target}.weight", tensors[f"l{number}.{short}.w"]
            yield f"encoder.layer.{place}.{target}.bias", tensors[f"l{number}.{short}.b"]
