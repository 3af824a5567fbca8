"""The S3 connector for PyTorch, as this program uses it.

The connector finds region and identity itself; another server it has to be told of.
Its errors are plain texts, so the reasons are found in them.

Source, read 2026-11-22: https://github.com/awslabs/s3-connector-for-pytorch
(1.5.0: `S3ClientConfig`, `S3MapDataset`, `S3Checkpoint`).
"""

# The connector lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from s3torchconnector import S3ClientConfig, S3Exception

from jobs.rclone import Failure, TransferError

_SIGNS: Final = {
    Failure.DENIED: r"forbidden|denied|signing credentials|\b40[13]\b|InvalidAccessKey",
    Failure.MISSING: r"does not exist|not found|NoSuch|\b404\b",
}
_NO_ANSWER: Final = r"AWS_IO_(SOCKET|DNS)"


def settings() -> dict[str, Any]:
    """Return the arguments that all classes of the connector take.

    `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` names another server than that of
    AWS, `AWS_REGION` or `AWS_DEFAULT_REGION` the region; default: us-east-1. How often
    it asks a server that does not answer the connector reads from `AWS_MAX_ATTEMPTS`
    itself; default: 10, for about a minute.
    """
    own = os.environ
    endpoint = own.get("AWS_ENDPOINT_URL_S3") or own.get("AWS_ENDPOINT_URL") or None
    region = own.get("AWS_REGION") or own.get("AWS_DEFAULT_REGION") or "us-east-1"
    # Servers of one's own have no name for each bucket.
    config = S3ClientConfig(force_path_style=endpoint is not None)
    return {"region": region, "endpoint": endpoint, "s3client_config": config}


@contextmanager
def asked(uri: str) -> Iterator[None]:
    """Say in this project's words why a bucket did not give or take something.

    Raises:
        TransferError: It did not.
    """
    try:
        yield
    except S3Exception as problem:
        said = " ".join(str(problem).split())
        if re.search(_NO_ANSWER, said):
            said = f"the server does not answer: {said}"
        for failure, sign in _SIGNS.items():
            if re.search(sign, said, re.IGNORECASE):
                raise TransferError(failure, f"{uri}: {said}") from problem
        raise TransferError(Failure.OTHER, f"{uri}: {said}") from problem
