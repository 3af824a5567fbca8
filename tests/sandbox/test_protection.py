"""A refusal of protected data is found in the engine's events."""

import json

from sandbox.protection import explain_protection, protected

URN = "urn:pulumi:dev::ml-storage::ml-storage:index:Claim$x::kept-claim"


def event(**fields: str) -> str:
    return json.dumps({"diagnosticEvent": {"urn": URN, **fields}})


def test_only_errors_about_protection_count() -> None:
    refused = event(severity="error", message="marked for protection")
    events = [
        event(severity="warning", message="protected"),
        event(severity="error", message="no such host"),
        json.dumps({"summaryEvent": {}}),
        refused,
        refused,
    ]
    assert protected("\n".join(events)) == [URN]


def test_a_line_that_the_engine_did_not_end_is_left_out() -> None:
    refused = event(severity="error", message="marked for protection")
    assert protected(f'{refused}\n{{"diagnosticEv') == [URN]


def test_it_says_what_to_do() -> None:
    said = explain_protection(URN)
    assert "kept-claim holds data" in said
    assert "onDelete: delete" in said
    assert max(len(line) for line in said.splitlines()) <= 80
