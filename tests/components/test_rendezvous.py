"""The variables by which the pods of one program find each other."""

from __future__ import annotations

import pytest

from components.kubernetes.rendezvous import (
    NODE,
    REPLICA,
    Variable,
    rendezvous_variables,
)


def variables(
    nodes: int = 4, replicas: int | None = None, processes: int = 1
) -> dict[str, Variable]:
    return rendezvous_variables(
        coordinator="train-0.train",
        port=29500,
        nodes=nodes,
        replicas=replicas,
        processes=processes,
    )


def test_torchrun_reads_them_instead_of_options() -> None:
    made = variables(processes=8)
    assert {k: v for k, v in made.items() if k.startswith("PET_")} == {
        "PET_NNODES": "4",
        "PET_NODE_RANK": NODE,
        "PET_NPROC_PER_NODE": "8",
        "PET_MASTER_ADDR": "train-0.train",
        "PET_MASTER_PORT": "29500",
    }


def test_one_process_per_pod_reads_its_rank_from_the_environment() -> None:
    made = variables()
    assert made["MASTER_ADDR"] == "train-0.train"
    assert made["MASTER_PORT"] == "29500"
    assert made["WORLD_SIZE"] == "4"
    assert made["RANK"] == NODE
    assert made["LOCAL_RANK"] == "0"


def test_several_processes_per_pod_get_no_rank_that_is_the_pods() -> None:
    made = variables(processes=2)
    assert not {"RANK", "WORLD_SIZE", "LOCAL_RANK"} & set(made)
    assert made["MASTER_ADDR"] == "train-0.train"


@pytest.mark.parametrize("processes", [1, 8])
def test_jax_has_one_process_per_pod(processes: int) -> None:
    made = variables(processes=processes)
    assert {k: v for k, v in made.items() if k.startswith("JAX_")} == {
        "JAX_COORDINATOR_ADDRESS": "train-0.train:29500",
        "JAX_NUM_PROCESSES": "4",
        "JAX_PROCESS_ID": NODE,
    }


def test_anything_else() -> None:
    made = variables()
    assert {k: v for k, v in made.items() if k.startswith("ML_STORAGE_")} == {
        "ML_STORAGE_COORDINATOR": "train-0.train:29500",
        "ML_STORAGE_NODES": "4",
        "ML_STORAGE_NODE": NODE,
    }


@pytest.mark.parametrize(
    ("nodes", "replicas", "world", "rank"),
    [(4, 1, "4", NODE), (1, 3, "3", REPLICA)],
)
def test_a_job_set_counted_by_one_number(
    nodes: int, replicas: int, world: str, rank: Variable
) -> None:
    made = variables(nodes, replicas)
    assert (
        made["WORLD_SIZE"] == made["PET_NNODES"] == made["JAX_NUM_PROCESSES"] == world
    )
    assert made["RANK"] == made["PET_NODE_RANK"] == made["JAX_PROCESS_ID"] == rank


def test_a_job_set_counted_by_two_numbers_leaves_ranks_to_the_program() -> None:
    made = variables(4, 3)
    assert made == {
        "ML_STORAGE_COORDINATOR": "train-0.train:29500",
        "ML_STORAGE_NODES": "4",
        "ML_STORAGE_NODE": NODE,
        "ML_STORAGE_REPLICAS": "3",
        "ML_STORAGE_REPLICA": REPLICA,
    }
