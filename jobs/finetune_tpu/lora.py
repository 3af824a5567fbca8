"""What is trained: two narrow matrices beside each chosen one of the base model."""

# NumPy lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

from dataclasses import dataclass
from typing import Any, Final

from jobs.finetune_tpu.base import Config, weight

TARGETS: Final = (
    *("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"),
    *("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"),
)
"""The matrices that there can be additions to, in each layer."""


class BadTargets(ValueError):  # noqa: N818 - the name says what is the matter
    """The text names no matrices of a layer."""


@dataclass(frozen=True, kw_only=True)
class Lora:
    """The additions: `(alpha / rank) * B @ A`, where B begins with zeros.

    Attributes:
        rank: The narrow side of both.
        alpha: Scales them.
        targets: What they are added to: some of `TARGETS`, in that order.
    """

    rank: int
    alpha: float
    targets: tuple[str, ...]

    @property
    def scale(self) -> float:
        """What the additions are multiplied with."""
        return self.alpha / self.rank

    def start(self, config: Config, seed: int) -> dict[str, Any]:
        """Return them at the beginning, float32: A of [rank, in], B of [out, rank]."""
        import numpy as np  # noqa: PLC0415 - it lives in the container image

        random = np.random.Generator(np.random.PCG64(seed))
        found: dict[str, Any] = {}
        for number in range(config.layers):
            shapes = config.layer(number)
            for target in self.targets:
                name = weight(number, target)
                out, into = shapes[name]
                narrow = random.standard_normal((self.rank, into), np.float32)
                found[f"{name}.A"] = narrow / np.float32(into**0.5)
                found[f"{name}.B"] = np.zeros((out, self.rank), np.float32)
        return found


def targets(text: str) -> tuple[str, ...]:
    """Return what a text such as `q_proj,v_proj` names.

    Raises:
        BadTargets: It names nothing, or something else.
    """
    known = {target.rsplit(".", 1)[1]: target for target in TARGETS}
    names = {name.strip() for name in text.split(",")}
    if unknown := sorted(names - set(known)):
        listed = ", ".join(repr(name) for name in unknown)
        raise BadTargets(f"no target {listed}: there are {', '.join(known)}")
    return tuple(target for name, target in known.items() if name in names)
