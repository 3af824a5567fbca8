"""GPUs: the product that a job asks for is one that its nodes can have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components.catalog import gpus
from components.catalog.problem import UNSET, Path, Problem, Severity
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import AnyPool


@dataclass(frozen=True, slots=True)
class Asked:
    """What a program asks of its nodes.

    Attributes:
        at: Where its `nodes` stand in the document.
        pool: The pool it names; None where it names none.
        products: The GPU products that will do.
    """

    at: Path
    pool: AnyPool | None
    products: list[str]


def _asked(stack: Stack) -> Iterator[Asked]:
    pools = stack.platform.node_pools if stack.platform else {}
    for owner, program in stack.programs:
        nodes = program.nodes
        # Nothing is known of a pool that is broken or not there.
        whole = nodes.pool is None or nodes.pool in pools
        if nodes.gpu_products and whole:
            at = (*owner, "nodes")
            yield Asked(at, pools.get(nodes.pool or ""), nodes.gpu_products)


def _machine(pool: AnyPool) -> gpus.Machine | None:
    name = pool.machine or pool.labels.get(gpus.MACHINE_LABEL)
    return gpus.MACHINES.get(name or "")


def product_the_pool_has(stack: Stack) -> Iterator[Problem]:
    """The pool's GPU is one of those that a job asks for."""
    for asked in _asked(stack):
        machine = _machine(asked.pool) if asked.pool else None
        stated = asked.pool.gpu_product if asked.pool else None
        severity: Severity = "error"
        if stated is not None:
            has = stated
            fits = any(gpus.same(product, stated) for product in asked.products)
        elif machine is not None and machine.product is not None:
            has = machine.product
            # How its GPUs are divided is not known, only whose they are.
            fits = any(gpus.whole(product) == has for product in asked.products)
            severity = "error" if machine.status == "confirmed" else "warning"
        else:
            continue
        if fits:
            continue
        whose = f"{machine.name} has" if machine and not stated else "this pool has"
        yield Problem(
            rule="",
            message=f"{whose} {has}: a node with another label never comes",
            path=(*asked.at, "gpuProducts"),
            value=asked.products,
            nearest=f"[{has}]",
            link=gpus.LINK,
            severity=severity,
        )


def known_product(stack: Stack) -> Iterator[Problem]:
    """Where nothing is known of the nodes, a product is one that there is."""
    for asked in _asked(stack):
        pool = asked.pool
        if pool is not None and (pool.gpu_product or _machine(pool)):
            continue
        for index, product in enumerate(asked.products):
            problem = _unknown(product, clouds=True)
            if problem is not None:
                yield problem.under(*asked.at, "gpuProducts", index)
    for name, pool in (stack.platform.node_pools if stack.platform else {}).items():
        if pool.gpu_product is not None and _machine(pool) is None:
            problem = _unknown(pool.gpu_product, clouds=False)
            if problem is not None:
                yield problem.under("platform", "nodePools", name, "gpuProduct")


def _unknown(label: str, *, clouds: bool) -> Problem | None:
    """What is doubtful in `label`, `clouds` counting those that they lack."""
    row = gpus.PRODUCTS.get(gpus.whole(label))
    if row is not None and not (clouds and row.instead):
        return None
    nearest = gpus.closest(label)
    if row is not None and nearest is not None:
        has = " and ".join(cloud.upper() for cloud in gpus.clouds_of(nearest))
        message = (
            "no machine of AWS or GCP is known to have it: "
            f"{nearest} is the one on {has}"
        )
    else:
        message = "no GPU is known by this label: a pod may wait for ever"
    return Problem(
        rule="",
        message=message,
        value=label,
        nearest=nearest,
        link=gpus.LINK,
        severity="warning",
    )


def pool_of_its_machine(stack: Stack) -> Iterator[Problem]:
    """A pool says of its GPUs what its machine has."""
    for name, pool in (stack.platform.node_pools if stack.platform else {}).items():
        machine = _machine(pool)
        if machine is None:
            continue
        at = ("platform", "nodePools", name)
        product = pool.gpu_product
        if product is not None and gpus.whole(product) != machine.product:
            yield Problem(
                rule="",
                message=f"{machine.name} has {machine.product or 'no NVIDIA GPU'}",
                path=(*at, "gpuProduct"),
                value=product,
                nearest=machine.product,
                link=gpus.LINK,
                severity="error" if machine.status == "confirmed" else "warning",
            )
        # Nodes whose GPUs are divided or shared offer more than there are.
        divided = product is not None and gpus.is_divided(product)
        if pool.gpus != machine.gpus and not divided:
            has = f"{machine.gpus} GPUs" if machine.gpus else "no NVIDIA GPUs"
            stated = "gpus" in pool.model_fields_set
            yield Problem(
                rule="",
                message=f"{machine.name} has {has}",
                path=(*at, "gpus") if stated else at,
                value=pool.gpus if stated else UNSET,
                nearest=machine.gpus if stated else f"gpus: {machine.gpus}",
            )


RULES = (
    Rule("GPU01", "a pod that waits for a GPU its pool has not", product_the_pool_has),
    Rule("GPU02", "a pod that waits for a label no node has", known_product),
    Rule("GPU03", "a pool that is described as another machine", pool_of_its_machine),
)
