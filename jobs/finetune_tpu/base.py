"""A base model: files of the Llama layout, checked before anything is loaded.

The layout is that of Hugging Face: `config.json`, and `model.safetensors` or several
files that `model.safetensors.index.json` lists. Sources, read 2026-11-22: transformers
4.57.6, `models/llama/configuration_llama.py` (the fields and their defaults) and
`utils/__init__.py` (the names of files), the first also as it is at
https://github.com/huggingface/transformers (`rope_parameters`).
"""

# safetensors lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

CONFIG: Final = "config.json"
WEIGHTS: Final = "model.safetensors"
INDEX: Final = f"{WEIGHTS}.index.json"

EMBEDDING: Final = "model.embed_tokens.weight"
NORM: Final = "model.norm.weight"
HEAD: Final = "lm_head.weight"

_DTYPES = ("F32", "BF16", "F16")

# Whoever has one of these counts tokens in another way than by bytes.
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")

_REPORTED = 8


class BadBase(ValueError):  # noqa: N818 - the name says what is the matter
    """The files are no base model that can be finetuned; the message has a line each.

    Attributes:
        missing: Whether there is nothing rather than something else.
    """

    def __init__(self, *problems: str, missing: bool = False) -> None:
        shown = problems[:_REPORTED]
        more = len(problems) - len(shown)
        rest = (f"and {more} more",) if more else ()
        super().__init__("\n".join((*shown, *rest)))
        self.missing = missing


@dataclass(frozen=True, kw_only=True)
class Config:
    """What decides the shapes and the arithmetic of a model.

    Attributes:
        vocabulary: The number of tokens.
        width: Of the residual stream.
        hidden: Width inside the feed-forward parts.
        layers: Their number.
        heads: Of queries, in each layer.
        key_heads: Of keys and values; each serves `heads / key_heads` queries.
        head: Width of a head, an even number.
        epsilon: Of the normalization.
        theta: The base of the rotary embedding's wavelengths.
        tied: Whether the output reads the embedding's weights.
        context: The longest sequence that it was made for, in tokens.
        end: The token that ends a text; None: it has none.
    """

    vocabulary: int
    width: int
    hidden: int
    layers: int
    heads: int
    key_heads: int
    head: int
    epsilon: float
    theta: float
    tied: bool
    context: int
    end: int | None

    def layer(self, number: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of one layer's tensors by their names, (out, in)."""
        queries, keys = self.heads * self.head, self.key_heads * self.head
        shapes = {
            "input_layernorm": (self.width,),
            "self_attn.q_proj": (queries, self.width),
            "self_attn.k_proj": (keys, self.width),
            "self_attn.v_proj": (keys, self.width),
            "self_attn.o_proj": (self.width, queries),
            "post_attention_layernorm": (self.width,),
            "mlp.gate_proj": (self.hidden, self.width),
            "mlp.up_proj": (self.hidden, self.width),
            "mlp.down_proj": (self.width, self.hidden),
        }
        return {weight(number, name): shape for name, shape in shapes.items()}

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of all tensors by their names."""
        found = {EMBEDDING: (self.vocabulary, self.width), NORM: (self.width,)}
        if not self.tied:
            found[HEAD] = (self.vocabulary, self.width)
        for number in range(self.layers):
            found |= self.layer(number)
        return found


@dataclass(frozen=True, kw_only=True)
class Base:
    """A base model whose files are as its configuration says.

    Attributes:
        directory: Where it lies.
        config: Its configuration.
        files: The file of each tensor.
        digest: Tells it from others: of its configuration, and of the names, shapes,
            types and sizes of what it has. Its weights are not read for it.
        has_tokenizer: Whether its tokens are other than bytes.
    """

    directory: Path
    config: Config
    files: Mapping[str, Path] = field(repr=False)
    digest: str
    has_tokenizer: bool

    def tensors(self) -> Iterator[tuple[str, Any]]:
        """Yield its tensors as NumPy arrays, one at a time.

        Raises:
            OSError: A file cannot be read.
        """
        from safetensors import safe_open  # noqa: PLC0415 - help needs it not

        for path in sorted(set(self.files.values())):
            with safe_open(path, framework="np") as file:
                for name in sorted(n for n, p in self.files.items() if p == path):
                    yield name, file.get_tensor(name)


def weight(number: int, name: str) -> str:
    """Return the full name of a layer's tensor, e.g. of `mlp.up_proj`."""
    return f"model.layers.{number}.{name}.weight"


def read(directory: Path) -> Base:
    """Look a base model over: its configuration and the headers of its files.

    Raises:
        BadBase: It is none, or of a kind that is not computed here.
        OSError: A file is there and cannot be read.
    """
    fields = _json(directory / CONFIG)
    config = parse(fields)
    files = _files(directory)
    found, problems = _headers(files)
    for name, shape in config.shapes().items():
        if name not in found:
            if name not in files or files[name].exists():
                problems.append(f"{directory}: the tensor {name} is missing")
        elif found[name][0] != shape:
            problems.append(
                f"{files[name]}: {name} has the shape {found[name][0]}, "
                f"where {CONFIG} means {shape}"
            )
        elif found[name][1] not in _DTYPES:
            problems.append(
                f"{files[name]}: {name} is of type {found[name][1]}, "
                f"which is none of {', '.join(_DTYPES)}"
            )
    if problems:
        raise BadBase(*problems)
    used = {name: files[name] for name in config.shapes()}
    facts = [
        asdict(config),
        sorted((name, found[name]) for name in used),
        sorted((path.name, path.stat().st_size) for path in set(used.values())),
    ]
    return Base(
        directory=directory,
        config=config,
        files=used,
        digest=hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16],
        has_tokenizer=any((directory / name).exists() for name in _TOKENIZERS),
    )


def parse(fields: Mapping[str, Any]) -> Config:
    """Return what a `config.json` says.

    Raises:
        BadBase: It lacks something, or asks for something that is not computed here.
    """
    problems = [
        f"{CONFIG}: {name} = {json.dumps(fields[name])} is not computed here, "
        f"only {json.dumps(known)}"
        for name, known in {
            "model_type": "llama",
            "hidden_act": "silu",
            "attention_bias": False,
            "mlp_bias": False,
            "rope_scaling": None,
        }.items()
        if fields.get(name, known) != known
    ]
    # Newer files have all about the rotary embedding in one place.
    rope = fields.get("rope_parameters") or {}
    if rope.get("rope_type", "default") != "default":
        problems.append(
            f"{CONFIG}: rope_type = {rope['rope_type']!r} is not computed here"
        )

    def number(name: str, default: int | None = None) -> int:
        value = fields.get(name)
        value = default if value is None else value
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            problems.append(f"{CONFIG}: {name} is no whole number from 1")
            return 1
        return value

    def real(name: str, place: Mapping[str, Any], default: float) -> float:
        value = place.get(name, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
            problems.append(f"{CONFIG}: {name} is no number above 0")
            return default
        return float(value)

    heads, width = number("num_attention_heads"), number("hidden_size")
    config = Config(
        vocabulary=number("vocab_size"),
        width=width,
        hidden=number("intermediate_size"),
        layers=number("num_hidden_layers"),
        heads=heads,
        key_heads=number("num_key_value_heads", heads),
        head=number("head_dim", max(1, width // heads)),
        epsilon=real("rms_norm_eps", fields, 1e-6),
        theta=real("rope_theta", rope if "rope_theta" in rope else fields, 10000.0),
        tied=fields.get("tie_word_embeddings", False) is True,
        context=number("max_position_embeddings", 2048),
        end=_end(fields.get("eos_token_id", 2)),
    )
    if not problems:
        problems = _contradictions(config)
    if problems:
        raise BadBase(*problems)
    return config


def _contradictions(config: Config) -> list[str]:
    problems: list[str] = []
    if config.heads % config.key_heads:
        problems.append(
            f"{CONFIG}: {config.heads} heads do not divide over "
            f"{config.key_heads} heads of keys"
        )
    if config.head % 2:
        problems.append(f"{CONFIG}: the width of a head, {config.head}, is odd")
    if config.end is not None and not 0 <= config.end < config.vocabulary:
        problems.append(f"{CONFIG}: eos_token_id = {config.end} is no token")
    return problems


def _end(value: object) -> int | None:
    # Models that end in several ways list them; the first is the usual one.
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, int) else None


def _json(path: Path) -> dict[str, Any]:
    try:
        fields = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise BadBase(f"{path} is missing: there is no model", missing=True) from None
    except ValueError as problem:
        raise BadBase(f"{path} is no JSON: {problem}") from None
    if not isinstance(fields, dict):
        raise BadBase(f"{path} is no JSON object")
    return fields


def _files(directory: Path) -> dict[str, Path]:
    """The file of each tensor, whether it is there or not."""
    if (directory / INDEX).exists():
        listed = _json(directory / INDEX).get("weight_map")
        if not isinstance(listed, dict):
            raise BadBase(f"{directory / INDEX} lists no weight_map")
        return {name: directory / Path(str(file)).name for name, file in listed.items()}
    path = directory / WEIGHTS
    if not path.exists():
        raise BadBase(f"{path} is missing, and so is {INDEX}", missing=True)
    return dict.fromkeys(_header(path), path)


def _headers(
    files: Mapping[str, Path],
) -> tuple[dict[str, tuple[tuple[int, ...], str]], list[str]]:
    """The shape and the type of each tensor, and what is wrong with the files."""
    found: dict[str, tuple[tuple[int, ...], str]] = {}
    problems: list[str] = []
    for path in sorted(set(files.values())):
        if path.exists():
            found |= _header(path)
        else:
            problems.append(f"{path} is missing, and {INDEX} lists it")
    return found, problems


def _header(path: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415 - as above

    try:
        with safe_open(path, framework="np") as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
            return {
                name: (tuple(part.get_shape()), part.get_dtype())
                for name, part in slices.items()
            }
    except SafetensorError as problem:
        raise BadBase(f"{path} was cut off, or is damaged: {problem}") from None
