"""Mount points are read as the kernel writes them."""

from pathlib import Path

from sandbox import mounts

MOUNTINFO = """\
22 1 8:1 / / rw - ext4 /dev/vda rw
30 22 0:5 / /srv/box/kubelet rw shared:1 - ext4 /dev/vda rw
31 30 0:6 / /srv/box/kubelet/pods/a/volumes/with\\040blank rw - tmpfs tmpfs rw
32 22 0:7 / /srv/boxes rw - tmpfs tmpfs rw
"""


def test_innermost_come_first_and_neighbours_stay() -> None:
    assert mounts.under(Path("/srv/box"), MOUNTINFO) == [
        Path("/srv/box/kubelet/pods/a/volumes/with blank"),
        Path("/srv/box/kubelet"),
    ]


def test_nothing_is_under_a_directory_of_no_mounts(tmp_path: Path) -> None:
    assert mounts.under(tmp_path) == []
    mounts.take_off(tmp_path)
