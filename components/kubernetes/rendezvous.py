"""How the pods of one program find each other: environment variables.

Which variables serve whom:

- `torchrun` (with no option about nodes or rendezvous): `PET_NNODES`,
  `PET_NODE_RANK`, `PET_NPROC_PER_NODE`, `PET_MASTER_ADDR`, `PET_MASTER_PORT`.
  It sets `RANK`, `WORLD_SIZE` and `LOCAL_RANK` of its workers itself, over
  whatever stood there.
- one PyTorch process per pod, `init_process_group(init_method="env://")`:
  `MASTER_ADDR`, `MASTER_PORT`, `WORLD_SIZE`, `RANK`, `LOCAL_RANK`. The last
  three are left out with several processes per pod: whoever starts those
  numbers them.
- JAX: `jax.distributed.initialize` reads `JAX_COORDINATOR_ADDRESS`; its other
  two arguments are handed over from `JAX_NUM_PROCESSES` and `JAX_PROCESS_ID`.
- anything else: `ML_STORAGE_COORDINATOR` (host:port of the first pod),
  `ML_STORAGE_NODES` and `ML_STORAGE_NODE` (from 0). In a JobSet of several
  replicas these count within one replica, `ML_STORAGE_REPLICAS` and
  `ML_STORAGE_REPLICA` count the replicas, and a pod's rank is
  `ML_STORAGE_REPLICA * ML_STORAGE_NODES + ML_STORAGE_NODE`. Kubernetes cannot
  compute that: with several replicas of several nodes the variables for
  PyTorch and JAX are left out.
- JAX on TPUs: GKE itself sets `TPU_WORKER_ID` and `TPU_WORKER_HOSTNAMES` in the
  pods of an Indexed Job with a headless Service, and `MEGASCALE_*` in those of a
  JobSet; `jax.distributed.initialize` reads them. Of several slices it is told
  nothing else.

Sources: torch/distributed/run.py and argparse_util.py (`PET_` and the name of
the option in capitals), torch/distributed/elastic/agent (the workers'
variables), jax/_src/distributed.py and jax/_src/clusters/cloud_tpu_cluster.py of
JAX 0.10.2, as of 2026-11-22.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_PORT = 29500


@dataclass(frozen=True, slots=True)
class PodField:
    """A value that Kubernetes takes from the pod itself.

    Attributes:
        path: The field, as the downward API writes it.
    """

    path: str


# The Job controller appends JOB_COMPLETION_INDEX to the variables: one that
# stands before it cannot refer to it, but to the annotation.
NODE = PodField("metadata.annotations['batch.kubernetes.io/job-completion-index']")
REPLICA = PodField("metadata.annotations['jobset.sigs.k8s.io/job-index']")

Variable = str | PodField


def rendezvous_variables(
    *,
    coordinator: str,
    port: int,
    nodes: int,
    replicas: int | None,
    processes: int,
    tpus: bool = False,
) -> dict[str, Variable]:
    """The variables of every pod of a program of several pods.

    Args:
        coordinator: Host name of the first pod, as the others resolve it.
        port: The TCP port on which the first pod's program listens.
        nodes: Pods of the program; of each replica, in a JobSet.
        replicas: Replicas of a JobSet; None without one.
        processes: Processes that the program starts in each pod.
        tpus: Whether the pods have TPUs.
    """
    variables: dict[str, Variable] = {
        "ML_STORAGE_COORDINATOR": f"{coordinator}:{port}",
        "ML_STORAGE_NODES": str(nodes),
        "ML_STORAGE_NODE": NODE,
    }
    if replicas is not None:
        variables["ML_STORAGE_REPLICAS"] = str(replicas)
        variables["ML_STORAGE_REPLICA"] = REPLICA
    several = replicas or 1
    if nodes > 1 and several > 1:
        return variables
    rank = NODE if several == 1 else REPLICA
    variables |= _torchrun(coordinator, port, nodes * several, rank, processes)
    variables |= _torch(coordinator, port, nodes * several, rank, processes)
    if tpus and several > 1:
        # On slices of one node each, JAX would take every pod for the first.
        return variables
    return {
        **variables,
        "JAX_COORDINATOR_ADDRESS": f"{coordinator}:{port}",
        "JAX_NUM_PROCESSES": str(nodes * several),
        "JAX_PROCESS_ID": rank,
    }


def _torchrun(
    coordinator: str, port: int, nodes: int, rank: PodField, processes: int
) -> dict[str, Variable]:
    return {
        "PET_NNODES": str(nodes),
        "PET_NODE_RANK": rank,
        "PET_NPROC_PER_NODE": str(processes),
        "PET_MASTER_ADDR": coordinator,
        "PET_MASTER_PORT": str(port),
    }


def _torch(
    coordinator: str, port: int, nodes: int, rank: PodField, processes: int
) -> dict[str, Variable]:
    address: dict[str, Variable] = {
        "MASTER_ADDR": coordinator,
        "MASTER_PORT": str(port),
    }
    if processes > 1:
        return address
    return {
        **address,
        "WORLD_SIZE": str(nodes),
        "RANK": rank,
        "LOCAL_RANK": "0",
    }
