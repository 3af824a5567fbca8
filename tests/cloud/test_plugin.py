"""What a process of the stand-in loads, each time that an engine starts one."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
import tests.cloud.{cloud}.__main__
clients = {{"boto3", "googleapiclient", "kubernetes", "moto"}}
print(*sorted(clients & {{*sys.modules}}))
"""


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_a_plugin_loads_no_client_that_it_does_not_use(cloud: str) -> None:
    program = PROGRAM.format(cloud=cloud)
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert loaded.split() == []
