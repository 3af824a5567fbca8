"""Who may take on a role: pods by EKS Pod Identity or IRSA, and AWS's services.

Sources, read 2026-11-22:
https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html,
https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html (the tags of a
session), https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html.
"""

from __future__ import annotations

from components.catalog.iam import Document, document

POD_IDENTITY = "pods.eks.amazonaws.com"


def pod_identity(*, cluster_arn: str, namespace: str, service_account: str) -> Document:
    """Pods of one service account of one cluster, by EKS Pod Identity.

    The association says the same once more, but whoever may make associations
    could hand the role to any service account of any cluster of the AWS account:
    the tags that EKS asks with are compared as well.
    """
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": POD_IDENTITY},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {
                "StringEquals": {
                    "aws:RequestTag/eks-cluster-arn": cluster_arn,
                    "aws:RequestTag/kubernetes-namespace": namespace,
                    "aws:RequestTag/kubernetes-service-account": service_account,
                }
            },
        }
    )


def irsa(
    *, provider_arn: str, issuer: str, namespace: str, service_account: str
) -> Document:
    """Pods of one service account, by the cluster's OIDC provider (IRSA).

    Args:
        provider_arn: ARN of the provider in IAM.
        issuer: The cluster's issuer, with or without `https://`.
        namespace: Namespace of the service account.
        service_account: Its name.
    """
    host = issuer.removeprefix("https://")
    subject = f"system:serviceaccount:{namespace}:{service_account}"
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": ["sts:AssumeRoleWithWebIdentity"],
            "Condition": {
                "StringEquals": {
                    f"{host}:sub": subject,
                    f"{host}:aud": "sts.amazonaws.com",
                }
            },
        }
    )


def service(*services: str) -> Document:
    """Services of AWS, such as `ec2.amazonaws.com` for nodes."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": list(services)},
            "Action": ["sts:AssumeRole"],
        }
    )
