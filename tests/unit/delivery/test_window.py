"""The intent's lifetime."""

import pytest

from hub.delivery.window import Window
from hub.errors import Retriable


@pytest.mark.promise("P4")
@pytest.mark.parametrize(
    ("age_s", "open_"), [(0.0, True), (4.999, True), (5.0, False), (9.0, False)]
)
def test_the_first_byte_must_leave_within_the_intents_lifetime(age_s: float, open_: bool) -> None:  # noqa: FBT001 - a column of the table above
    window = Window(opened=100.0, lifetime_s=5.0, monotonic=lambda: 100.0 + age_s)

    if open_:
        window.ensure_open()
        assert age_s < 5.0
    else:
        with pytest.raises(Retriable) as caught:
            window.ensure_open()
        assert not caught.value.possibly_sent
        assert caught.value.code == "intent-expired"
