"""A decoder-only transformer of the Llama layout with low-rank additions, in JAX.

Sources, read 2026-11-22: `models/llama/modeling_llama.py` of transformers 4.57.6, whose
scores the tests compare with, and `src/peft/tuners/lora/layer.py` at
https://github.com/huggingface/peft (the additions and their scale).
"""

# JAX lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from jobs.finetune_tpu.base import EMBEDDING, HEAD, NORM, Config, weight

Arrays = Mapping[str, Any]


def scores(
    config: Config, base: Arrays, lora: Arrays, tokens: jax.Array, *, scale: float
) -> jax.Array:
    """Return the scores of each next token.

    Args:
        config: Of the base model.
        base: Its tensors by their names; their type is that of the arithmetic.
        lora: The additions: for the name of a tensor, `<name>.A` and `<name>.B`.
        tokens: Of shape [batch, length].
        scale: What the additions are multiplied with.

    Returns:
        float32, of shape [batch, length, vocabulary].
    """
    state = base[EMBEDDING][tokens]
    rotation = _rotation(config, tokens.shape[1])
    # Computed again on the way back: memory holds one layer's inside at a time.
    layer = jax.checkpoint(partial(_layer, config, scale=scale))
    for number in range(config.layers):
        names = config.layer(number)
        added = {k: v for k, v in lora.items() if k.rsplit(".", 1)[0] in names}
        own = {_short(number, name): base[name] for name in names}
        state = layer(
            own, {_short(number, k): v for k, v in added.items()}, state, rotation
        )
    state = _normalized(state, base[NORM], config.epsilon)
    head = base[EMBEDDING if config.tied else HEAD]
    return jnp.einsum("bld,vd->blv", state, head, preferred_element_type=jnp.float32)


def loss(
    config: Config, base: Arrays, lora: Arrays, sequences: jax.Array, *, scale: float
) -> jax.Array:
    """Return the mean cross entropy of the tokens that follow, in nats.

    Args:
        config: Of the base model.
        base: Its tensors.
        lora: The additions.
        sequences: Tokens, of shape [batch, length + 1].
        scale: What the additions are multiplied with.
    """
    found = scores(config, base, lora, sequences[:, :-1], scale=scale)
    chances = jax.nn.log_softmax(found, axis=-1)
    picked = jnp.take_along_axis(chances, sequences[:, 1:, None], axis=-1)
    return -picked.mean()


def _layer(
    config: Config,
    base: Arrays,
    lora: Arrays,
    state: jax.Array,
    rotation: tuple[jax.Array, jax.Array],
    *,
    scale: float,
) -> jax.Array:
    def apply(name: str, value: jax.Array) -> jax.Array:
        result = value @ base[f"{name}.weight"].T
        if f"{name}.weight.A" in lora:
            down = lora[f"{name}.weight.A"].astype(value.dtype)
            up = lora[f"{name}.weight.B"].astype(value.dtype)
            result += (value @ down.T) @ up.T * scale
        return result

    normal = _normalized(state, base["input_layernorm.weight"], config.epsilon)
    state += apply(
        "self_attn.o_proj", _attention(config, partial(apply, value=normal), rotation)
    )
    normal = _normalized(state, base["post_attention_layernorm.weight"], config.epsilon)
    gate = jax.nn.silu(apply("mlp.gate_proj", normal))
    return state + apply("mlp.down_proj", gate * apply("mlp.up_proj", normal))


def _attention(
    config: Config, apply: Any, rotation: tuple[jax.Array, jax.Array]
) -> jax.Array:
    """Each token attends to itself and to those before it: [batch, length, width]."""

    def heads(name: str) -> jax.Array:
        value = apply(f"self_attn.{name}")
        return value.reshape(*value.shape[:2], -1, config.head)

    queries = _rotated(heads("q_proj"), rotation)
    keys, values = _rotated(heads("k_proj"), rotation), heads("v_proj")
    found = jax.nn.dot_product_attention(queries, keys, values, is_causal=True)
    return found.reshape(*found.shape[:2], -1)


def _rotation(config: Config, length: int) -> tuple[jax.Array, jax.Array]:
    """The cosines and sines of each place's angles: [length, 1, head / 2]."""
    steps = jnp.arange(0, config.head, 2, dtype=jnp.float32) / config.head
    angles = jnp.arange(length, dtype=jnp.float32)[:, None] / config.theta**steps
    return jnp.cos(angles)[:, None], jnp.sin(angles)[:, None]


def _rotated(value: jax.Array, rotation: tuple[jax.Array, jax.Array]) -> jax.Array:
    cosine, sine = rotation
    first, second = jnp.split(value.astype(jnp.float32), 2, axis=-1)
    turned = (first * cosine - second * sine, second * cosine + first * sine)
    return jnp.concatenate(turned, axis=-1).astype(value.dtype)


def _normalized(value: jax.Array, scale: jax.Array, epsilon: float) -> jax.Array:
    exact = value.astype(jnp.float32)
    mean = jnp.mean(exact * exact, axis=-1, keepdims=True)
    return (exact * jax.lax.rsqrt(mean + epsilon)).astype(value.dtype) * scale


def _short(number: int, name: str) -> str:
    """The name of a tensor within its layer."""
    return name.removeprefix(weight(number, "").removesuffix(".weight"))
