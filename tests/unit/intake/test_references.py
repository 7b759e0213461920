"""What travels in place of the number under which a desk files a consent."""

import msgspec
import pytest

from hub.domain.events import (
    ConsentGranted,
    ConsentWithdrawn,
)
from hub.domain.ids import Namespace, SourceId
from hub.intake import IntakeContext, translate_cloudevent
from tests.unit.intake.support import (
    DESK,
    NUMBER,
    PERSON,
    TIME,
    cloudevent,
    drafted,
    record,
    reference,
)

MATRIKEL = Namespace("MATRIKEL")
CONSENT = "consent.granted"


@pytest.mark.promise("P6")
def test_the_desks_own_number_is_kept_in_one_sealed_field_only() -> None:
    number = f"{NUMBER} Erika Mustermann 1"
    whole = record(record_id=number, supersedes=f"{NUMBER} 0")

    granted = drafted(cloudevent(CONSENT, {"person": PERSON, "record": whole})).payload
    assert isinstance(granted, ConsentGranted)
    said = granted.record
    withdrawn = drafted(
        cloudevent(
            "consent.withdrawn",
            {
                "person": PERSON,
                "declared_at": TIME,
                "channel": "oral",
                "taken_by": "x",
                "record_id": number,
            },
        )
    ).payload

    assert said.desk_number == number
    assert said.supersedes == reference(f"{NUMBER} 0")
    assert isinstance(withdrawn, ConsentWithdrawn)
    assert withdrawn.record_id == said.record_id == reference(number)
    assert NUMBER not in f"{withdrawn} {msgspec.structs.replace(said, desk_number=None)}"


def test_all_who_write_for_a_register_mean_the_same_record_by_the_same_number() -> None:
    other_desk = DESK._replace(source=SourceId("cli"))
    other_register = DESK._replace(namespace=MATRIKEL)
    elsewhere = {"namespace": "MATRIKEL", "number": "77/2026"}
    other_person = PERSON | {"number": "Z0001ZZ"}

    def filed(context: IntakeContext, person: dict[str, str]) -> str:
        body = cloudevent(CONSENT, {"person": person, "record": record()})
        payload = translate_cloudevent(body, context)[0].payload
        assert isinstance(payload, ConsentGranted)
        return payload.record.record_id

    assert filed(other_desk, PERSON) == filed(DESK, PERSON)
    assert filed(DESK, other_person) == filed(DESK, PERSON), "numbers of one person may be merged"
    assert filed(other_register, elsewhere) != filed(DESK, PERSON)
