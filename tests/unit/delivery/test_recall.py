"""Rule 10 as a table: what becomes of a retraction."""

from uuid import uuid4

import pytest

from hub.delivery.recall import Recall, decide_recall
from hub.domain.referral import Operation
from hub.ports import EarlierSend


def earlier(*, open_: bool, leased: bool, disclosed: bool) -> EarlierSend:
    return EarlierSend(
        send_id=uuid4(),
        operation=Operation.REFER,
        open=open_,
        leased=leased,
        possibly_disclosed=disclosed,
    )


NEVER_TRIED = earlier(open_=True, leased=False, disclosed=False)
FAILED_BEFORE_FIRST_BYTE = earlier(open_=False, leased=False, disclosed=False)
RUNNING = earlier(open_=True, leased=True, disclosed=True)
CLAIMED_ONLY = earlier(open_=True, leased=True, disclosed=False)
RESULT_UNKNOWN = earlier(open_=True, leased=False, disclosed=True)
DELIVERED = earlier(open_=False, leased=False, disclosed=True)


@pytest.mark.promise("P3")
@pytest.mark.promise("P5")
@pytest.mark.parametrize(
    ("rows", "decision"),
    [
        ([], Recall.CANCEL_BOTH),
        ([NEVER_TRIED], Recall.CANCEL_BOTH),
        ([FAILED_BEFORE_FIRST_BYTE], Recall.CANCEL_BOTH),
        ([FAILED_BEFORE_FIRST_BYTE, NEVER_TRIED], Recall.CANCEL_BOTH),
        ([RUNNING], Recall.WAIT),
        ([CLAIMED_ONLY], Recall.WAIT),
        ([DELIVERED, RUNNING], Recall.WAIT),
        ([RESULT_UNKNOWN], Recall.SEND),
        ([DELIVERED], Recall.SEND),
        ([DELIVERED, NEVER_TRIED], Recall.SEND),
    ],
)
def test_a_retraction_is_sent_only_for_what_may_have_been_disclosed(
    rows: list[EarlierSend], decision: Recall
) -> None:
    assert decide_recall(rows) is decision
