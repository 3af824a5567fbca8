"""The Pulumi program: load the stack's YAML, build it, export what it made."""

import pulumi

from stacks.program import build, load

for name, value in build(load()).items():
    pulumi.export(name, value)
