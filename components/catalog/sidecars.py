"""Native sidecars: init containers that stay (`restartPolicy: Always`).

Source, read 2026-11-22: https://kubernetes.io/docs/concepts/workloads/pods/
sidecar-containers/ (alpha in 1.28, beta and active by default since 1.29).
"""

from __future__ import annotations

SINCE = "1.29"
"""The first version of Kubernetes that has them unless they are turned off. One
without drops the word `restartPolicy`, and waits for such a container to end."""

LINK = "https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/"
"""The page of Kubernetes that says so."""
