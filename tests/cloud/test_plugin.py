"""What a process of the stand-in loads, each time that an engine starts one."""

import subprocess
import sys

PROGRAM = """
import sys
import tests.cloud.aws.__main__
print(*sorted({"boto3", "kubernetes", "moto"} & {*sys.modules}))
"""


def test_a_plugin_loads_no_client_that_it_does_not_use() -> None:
    loaded = subprocess.check_output([sys.executable, "-c", PROGRAM], text=True)
    assert loaded.split() == []
