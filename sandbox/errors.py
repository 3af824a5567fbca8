"""What the sandbox tells a person when it cannot go on."""

OWN_CLUSTER = "or use a cluster of your own: make up CONTEXT=<your kube context>"


class SandboxError(RuntimeError):
    """One sentence that says what is wrong, and what to do about it."""


class MissingTool(SandboxError):  # noqa: N818 - the name says what is the matter
    """The machine lacks something that the sandbox cannot make for itself.

    Args:
        what: What is missing, and what for, as the beginning of a sentence.
        remedy: What would supply it, as an imperative.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}: {remedy}, {OWN_CLUSTER}")
        self.lack = f"{what}: {remedy}"
