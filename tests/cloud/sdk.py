"""Where the SDK of a cloud has the class of a resource's inputs."""

import sys
import threading
import warnings
from types import ModuleType
from typing import Final

_LOADING: Final = threading.Lock()


def taker(sdk: ModuleType, token: str) -> type:
    """Return the class of a resource's inputs.

    Where a part of another resource has that name already, the SDK calls the
    class `<Resource>InitArgs`.

    Args:
        sdk: The package: `pulumi_aws`.
        token: The resource's type: `aws:s3/bucket:Bucket`.
    """
    _, place, name = token.split(":")
    package = place.partition("/")[0]
    # Packages of the SDK load when they are first looked into: one whose part was
    # imported before that stays empty, and so does one that two threads look into.
    with _LOADING, warnings.catch_warnings():
        # The SDK warns of its own deprecated classes as it defines them.
        warnings.simplefilter("ignore", DeprecationWarning)
        resource = getattr(getattr(sdk, package), name)
    classes = vars(sys.modules[resource.__module__])
    return classes.get(f"{name}InitArgs") or classes[f"{name}Args"]
