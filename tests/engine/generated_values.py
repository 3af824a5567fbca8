"""Values near the edges of what Kubernetes takes, most of them on the right side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

LABEL = 63
SUBDOMAIN = 253


def among(right: Sequence[Any], wrong: Sequence[Any] = ()) -> st.SearchStrategy[Any]:
    """One of `right`; one of `wrong` once in a while, for `check` to refuse.

    A stack draws some thirty values: at this rate more than half of the stacks
    have nothing wrong in them.
    """
    if not wrong:
        return st.sampled_from(right)
    kept = st.sampled_from(right)
    return st.integers(0, 119).flatmap(
        lambda n: st.sampled_from(wrong) if n == 117 else kept
    )


def name(word: str) -> st.SearchStrategy[str]:
    """A DNS label, at most 63 characters of it."""
    return among(
        [word, word, f"{word}-2", f"2-{word}", word.ljust(LABEL, "x"), word[0], "7"],
        [word.ljust(LABEL + 1, "x"), f"{word}.b", f"-{word}", word.upper(), ""],
    )


def object_name(word: str) -> st.SearchStrategy[str]:
    """A DNS subdomain, at most 253 characters of it."""
    return among(
        [
            *(word, word, f"{word}.example.com", f"{word}.{'x' * LABEL}", "7"),
            word.ljust(200, "x"),
            word.ljust(SUBDOMAIN, "x"),
        ],
        [word.ljust(SUBDOMAIN + 1, "x"), f"{word}_b", f"{word}..b", f"{word}."],
    )


SIZE = among(
    [
        *("1Gi", "1Gi", "1", "1.5Gi", "1e9", "1E", "+5M", ".5Ki", "5.Mi", "1500m"),
        *("0.1Gi", "7Ei", "8e18", "1073741824", "1k", "2e-0", "1e3"),
    ],
    [
        "0",
        "-1Gi",
        "5GB",
        "100m",
        5,
        "1e",
        "Gi",
        "1Gi ",
        "1 Gi",
        "1e99",
        "9Ei",
        "1n",
        "٣Gi",
    ],
)
"""Bytes, in every spelling of a quantity."""

CORES = among(
    [1, 0.5, "500m", "2", "1e-3", "1u", 64, "1.5", "1n", "100"],
    [0, -1, "2 cores", "0m", True],
)

MEMORY = among(["1Gi", "64Mi", "2G", "1e9", "1.5Gi", "123456789"], ["0", 4, "1GB"])

LABEL_KEY = among(
    [
        *("pool", "example.com/pool", "A_b.c-d", "7", "x" * LABEL),
        f"{'.'.join(['x' * 62] * 4)}/{'y' * LABEL}",
        *("node.kubernetes.io/instance-type", "kubernetes.io/hostname"),
    ],
    ["", "/a", "a/", "a/b/c", "-a", "x" * 64, "A.example.com/b", "Example/a", "a b"],
)

LABEL_VALUE = among(
    ["a", "", "A_b.c-d", "7", "x" * LABEL],
    ["x" * 64, "-a", "a b", "a/b", "é"],
)

VARIABLE = among(
    ["A", "_", "a.b", "-", ".a", "x" * 250, "a-b", "FOO_1"],
    ["1A", "", "A=B", "A B", "é", ".", "..", "..a", "x" * 300],
)

ANY_TEXT = among(
    [
        *("a", "", " ", "$(HOME)", "$$(A)", "é\n", "\t", "'\"", "x" * 5000, "🦆"),
        "$(JOB_COMPLETION_INDEX)",
    ],
    [5, True, None],
)

IMAGE = among(
    [
        *(
            "image:1",
            "image",
            "a.b/c:1",
            "localhost:5000/a/b_c--d:v1",
            f"a:{'x' * 128}",
        ),
        *(f"a@sha256:{'0' * 64}", "[::1]:5000/a:1", "A.example/b", f"{'a' * 250}:1"),
    ],
    [
        "",
        " image:1",
        "Image",
        "a:",
        "https://a/b",
        "a b",
        f"a:{'x' * 129}",
        "a@sha256:1",
    ],
)

MOUNT_PATH = among(
    [
        *("/data", "/d", "/dev/shm", "/tmp", "/a b", "//x"),
        *("/é", "/data/", "/$(HOME)", "/" + "x" * 255, "/home", "/run/secrets"),
        *("/dataset", "/a/./b", "/var/run/secrets/kubernetes.io"),
    ],
    ["data", "/", "/a:b", "/a/../b", "/proc/1", "", "/etc"],
)

SUB_PATH = among(
    ["a", "a/b", ".", "a b", "é", "a:b", "$(A)", "..a", "x" * 300, "a/", "a//b"],
    ["", "/a", "../a", "a/../b", "a/.."],
)

HOST_DIRECTORY = among(
    ["/data", "/mnt/a b", "/data/", "//data", "/data/./a", "/" + "x" * 300, "/..a"],
    ["/", "/etc", "data", "/data/..", "/a:b", "", "/var/lib/kubelet/pods"],
)

EXPORTED = among(
    ["/", "/export", "/a b", "//a", "/é", "/export/"],
    ["", "export", "/a/../b", "/a:b"],
)

SERVER = among(
    ["files", "10.0.0.1", "fd00::1", "Files.Example.com", "7", "x" * LABEL],
    ["", "[fd00::1]", "files:2049", "a b", "x" * 254],
)

DRIVER = among(
    [
        *("rook-ceph.cephfs.csi.ceph.com", "ebs.csi.aws.com", "s3.csi.aws.com"),
        *("unknown.example.com", "x", "A.Example.com", "x" * LABEL, "fsx.csi.aws.com"),
    ],
    ["x" * 64, "a/b", "", "-x", "a_b"],
)

HANDLE = among(
    ["vol-1", "a b", "é", "x" * 500, "0001-0009-rook-ceph", "bucket/key:1", " "],
    [""],
)

ACCESS_MODES = among(
    [
        *(["ReadWriteMany"], ["ReadWriteOnce"], ["ReadOnlyMany"]),
        *(["ReadWriteOnce", "ReadWriteMany"], ["ReadWriteMany", "ReadWriteMany"]),
        ["ReadWriteOncePod"],
    ],
    [[], ["ReadWriteOncePod", "ReadWriteOnce"], ["RWX"]],
)

KERNEL_OPTION = among(
    ["ro", "nfsvers=4.1", 'a="b c"', "é", "x" * 300], ["", "a,b", "a b", " a", "-o ro"]
)
DRIVER_OPTION = among(["-o allow_other", "uid=1000", "é"], ["", "a,b", " a"])

TEXTS = st.dictionaries(
    among(["a", "A.b", "x" * 64, "csi.storage.k8s.io/fstype", "é", " "], [""]),
    among(["a", "", "é", "x" * 3000], [5]),
    max_size=2,
)
"""Parameters and attributes, which a driver makes sense of."""
