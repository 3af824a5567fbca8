"""What checkov says of our objects and why it is left as it is.

One entry for each of checkov's checks: why no object of a stack follows it by
itself. What a person can do about it stands in the reason.
"""

from __future__ import annotations

IMAGES = (
    "what a user's image needs is not known here: one that starts as root, or "
    "changes to another user, would no longer run. `runAs` says otherwise"
)
SECCOMP = (
    "the runtime's default profile denies NUMA memory policies, and with them "
    "`numactl --membind` of training programs. `runAs` sets it"
)
STATED = (
    "a program of the examples that states none; a team's `limits` give each "
    "container its defaults"
)

EXCEPTIONS: dict[str, str] = {
    # Minimize the admission of pods which lack an associated NetworkPolicy
    "CKV2_K8S_6": (
        "the pods of one program talk on ports that its libraries choose, and who "
        "else may is a policy of the cluster"
    ),
    # Liveness and readiness probe
    "CKV_K8S_8": "what runs in a workspace is the user's, and `sleep` answers nothing",
    "CKV_K8S_9": "what runs in a workspace is the user's, and `sleep` answers nothing",
    # CPU requests, CPU limits, memory requests, memory limits
    "CKV_K8S_10": STATED,
    "CKV_K8S_11": (
        "a CPU limit halts a data loader while cores are idle; `resources.limits.cpu` "
        "sets one"
    ),
    "CKV_K8S_12": STATED,
    "CKV_K8S_13": STATED,
    # Image pull policy
    "CKV_K8S_15": (
        "images are pinned, so what a node has is right, and thousands of pods do "
        "not wait for a registry"
    ),
    # Privilege escalation
    "CKV_K8S_20": IMAGES,
    # Read-only root filesystem
    "CKV_K8S_22": (
        "libraries write caches and compiled kernels beside themselves; what they "
        "write is counted into the pod's ephemeral storage"
    ),
    # Seccomp profile
    "CKV_K8S_31": SECCOMP,
    # Root, NET_RAW, security contexts, capabilities, a user above 10000
    "CKV_K8S_23": IMAGES,
    "CKV_K8S_28": IMAGES,
    "CKV_K8S_29": IMAGES,
    "CKV_K8S_30": IMAGES,
    "CKV_K8S_37": IMAGES,
    "CKV_K8S_40": IMAGES,
    # Secrets as files
    "CKV_K8S_35": (
        "the libraries that read S3 take the keys of a server of one's own from "
        "variables; they come from a Secret, and on a cloud there are none"
    ),
    # Image by digest
    "CKV_K8S_43": "a pinned tag will do; a digest is accepted wherever an image is",
}

WITHOUT_RUN_AS = frozenset(
    check for check, reason in EXCEPTIONS.items() if reason in (IMAGES, SECCOMP)
)
"""Exceptions that a program with `runAs` does not need."""
