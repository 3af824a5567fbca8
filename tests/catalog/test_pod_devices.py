from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from components.catalog import pod_devices, quantity


@given(st.integers(min_value=1, max_value=2**50))
def test_the_nearest_size_is_the_least_of_whole_pages_that_holds_it(size: int) -> None:
    problem = pod_devices.whole_pages(str(size))
    if size % pod_devices.HUGE_PAGE == 0:
        assert problem is None
        return
    assert problem is not None
    nearest = quantity.parse(str(problem.nearest))
    assert nearest % pod_devices.HUGE_PAGE == 0
    assert 0 < nearest - size < pod_devices.HUGE_PAGE
    assert pod_devices.whole_pages(str(problem.nearest)) is None


def test_what_comes_with_efa_is_whole_pages() -> None:
    assert pod_devices.whole_pages(pod_devices.EFA_HUGE_PAGES) is None
