"""What credentials look like, so that none stands where it can be read.

Sources, read 2026-11-22: the tools' own pages, named beside each entry.
"""

from __future__ import annotations

import re

LINK = "https://www.pulumi.com/docs/iac/concepts/secrets/"

# A key as a person names one: short words, no more. Tokens are longer.
KEY_LENGTH = 64
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*([-_.][A-Za-z0-9]+)*")

_SECRET_VARIABLES = frozenset(
    (
        # https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        # https://learn.microsoft.com/azure/developer/python/sdk/authentication
        "AZURE_CLIENT_SECRET",
        "AZURE_STORAGE_ACCOUNT_KEY",
        "AZURE_STORAGE_CONNECTION_STRING",
        "AZURE_STORAGE_KEY",
        "AZURE_STORAGE_SAS_TOKEN",
        # https://docs.globus.org/cli/environment_variables/
        "GLOBUS_CLI_CLIENT_SECRET",
        # https://cloud.google.com/docs/authentication/application-default-credentials
        "GOOGLE_APPLICATION_CREDENTIALS_JSON",
        "GOOGLE_CREDENTIALS",
        # https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
        "HF_TOKEN",
        "HUGGINGFACE_HUB_TOKEN",
        "HUGGING_FACE_HUB_TOKEN",
        # https://docs.wandb.ai/guides/track/environment-variables
        "WANDB_API_KEY",
        # https://www.comet.com/docs, https://docs.neptune.ai, https://mlflow.org/docs
        "COMET_API_KEY",
        "MLFLOW_TRACKING_PASSWORD",
        "MLFLOW_TRACKING_TOKEN",
        "NEPTUNE_API_TOKEN",
        # https://github.com/Kaggle/kaggle-api
        "KAGGLE_KEY",
        # https://docs.github.com, https://docs.gitlab.com
        "GH_TOKEN",
        "GITHUB_TOKEN",
        "GITLAB_TOKEN",
        # https://platform.openai.com/docs, https://docs.anthropic.com
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        # https://docs.nvidia.com/ngc/
        "NGC_API_KEY",
        # https://rclone.org/docs/#environment-variables
        "RCLONE_CONFIG_PASS",
    )
)
# rclone reads each option of a remote from RCLONE_CONFIG_<remote>_<OPTION>, and each
# of a backend from RCLONE_<backend>_<OPTION>: https://rclone.org/docs/
_RCLONE_VARIABLE = re.compile(
    r"RCLONE_\w*_(SECRET\w*|CLIENT_SECRET|PASS|PASSWORD2?|TOKEN|KEY|KEY_PEM"
    r"|SERVICE_ACCOUNT_CREDENTIALS|SAS_URL|SESSION_TOKEN|BEARER_TOKEN)"
)

# What tokens begin with, by their issuers' own pages.
_TOKEN = re.compile(
    r"(hf_|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|AKIA|ASIA|AIza|ya29\.|eyJ"
    r"|GOCSPX-|npm_|pypi-|nvapi-|dckr_pat_)[A-Za-z0-9_.-]{12,}"
)
# Digests and keys: 32 or more letters and digits in one piece, with both in it.
_LONG = re.compile(r"(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{32,}")


def is_credential(variable: str) -> bool:
    """Whether an environment variable of this name holds a secret."""
    return bool(variable in _SECRET_VARIABLES or _RCLONE_VARIABLE.fullmatch(variable))


def names_a_key(text: str) -> bool:
    """Whether `text` can be the name of a configuration key.

    False for what looks like a secret itself: a token, a private key, the text
    of a configuration file.
    """
    if len(text) > KEY_LENGTH or _KEY.fullmatch(text) is None:
        return False
    return _TOKEN.match(text) is None and _LONG.search(text) is None


def key_for(variable: str) -> str:
    """A name for the configuration key of an environment variable's value."""
    return variable.lower().replace("_", "-")
