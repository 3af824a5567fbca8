"""AWS: what only an environment there says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.catalog.problem import Problem
from stacks.checks.places import on_aws
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack


def an_account(stack: Stack) -> Iterator[Problem]:
    """The account is its number of 12 digits, quoted: its zeros count."""
    platform = on_aws(stack)
    account = platform.account if platform else None
    if account is None or re.fullmatch(r"\d{12}", account, re.ASCII):
        return
    digits = re.sub(r"[\s-]", "", account)
    yield Problem(
        rule="",
        message="an account of AWS is a number of 12 digits",
        path=("platform", "account"),
        value=account,
        nearest=f'"{digits}"' if re.fullmatch(r"\d{12}", digits, re.ASCII) else None,
        link="https://docs.aws.amazon.com/accounts/latest/reference/"
        "manage-acct-identifiers.html",
    )


RULES = (Rule("AWS05", "a provider that finds no account allowed", an_account),)
