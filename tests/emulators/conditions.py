"""Conditions of policies, which the emulator's IAM leaves out.

The emulator decides itself whom a signature is of, which actions a statement
names, and which resources. Of conditions it knows `StringEquals` alone, and no
key of S3. What is added here is their meaning as AWS describes it: a statement
whose condition does not hold is as good as not there.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from moto.iam import access_control
from moto.iam.access_control import IAMPolicyStatement, PermissionResult, S3IAMRequest

OPERATORS = {
    "StringEquals": lambda given, wanted: given == wanted,
    "StringLike": fnmatchcase,
    "Bool": lambda given, wanted: given.lower() == wanted.lower(),
}

_request = threading.local()


def holds(
    conditions: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]
) -> bool:
    """Whether all conditions hold: a key that a request has not never does.

    Raises:
        KeyError: An operator that is not known here.
    """
    for operator, keys in conditions.items():
        for key, values in keys.items():
            wanted = [values] if isinstance(values, str) else values
            found = given.get(key)
            if found is None or not any(OPERATORS[operator](found, w) for w in wanted):
                return False
    return True


def teach(patch: pytest.MonkeyPatch) -> None:
    """Let the emulator of this process look at conditions."""
    decides = IAMPolicyStatement.is_action_permitted
    checks = S3IAMRequest.check_action_permitted

    def permitted(self: Any, action: str, *args: Any, **more: Any) -> PermissionResult:
        statement = dict(self._statement)
        conditions = statement.pop("Condition", {})
        found = decides(IAMPolicyStatement(statement), action, *args, **more)
        if found is PermissionResult.NEUTRAL or holds(conditions, _request.given):
            return found
        return PermissionResult.NEUTRAL

    def check(self: Any, resource: str) -> None:
        query = parse_qs(urlsplit(self._path).query, keep_blank_values=True)
        _request.given = {"aws:SecureTransport": "false"}
        if "prefix" in query:
            _request.given["s3:prefix"] = query["prefix"][0]
        checks(self, resource)

    patch.setattr(access_control.IAMPolicyStatement, "is_action_permitted", permitted)
    patch.setattr(access_control.S3IAMRequest, "check_action_permitted", check)
