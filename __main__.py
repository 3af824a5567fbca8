"""The Pulumi program: load the stack's YAML, build it, export what it made."""

from stacks.program import run

run()
