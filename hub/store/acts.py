"""What operators do that lifts or sets a protection: one line of the decision log for each act.

The line is written in the transaction of the act, so that neither exists without the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from hub.domain.decision import Fact, FactKind
from hub.domain.ids import HUB_NAMESPACE, PersonKey, TenantId, mint
from hub.errors import ConfigError
from hub.ports.store import FactRow
from hub.store.decision_log import append_facts
from hub.store.dialect import real_now
from hub.store.types import to_micros

ALL_TENANTS = ""
"""Instead of a tenant: the act concerns every one."""

_REASON = re.compile(r"[^\W_][\w .,-]{0,79}")


class Operator(NamedTuple):
    """Who acts and why. Both are kept in clear: no name of a person concerned belongs there.

    `account` is the operating system's, or `hub` for what a first start does by itself.
    """

    account: str
    reason: str

    def problems(self) -> list[str]:
        """Return what is wrong with the reason, which must be short and plain."""
        if _REASON.fullmatch(self.reason.strip()):
            return []
        allowed = "1 to 80 letters, digits, spaces, dots, commas or hyphens"
        return [f"reason: say why in {allowed}; it is kept, so name nobody"]

    def require_reason(self) -> None:
        """Raise `ConfigError` unless the reason is short and plain."""
        problems = self.problems()
        if problems:
            raise ConfigError(tuple(problems))


FIRST_START = Operator("hub", "new installation, store and log empty")


def log_act(
    connection: Connection,
    kind: FactKind,
    operator: Operator,
    subject: str,
    *,
    tenant: str = ALL_TENANTS,
    persons: Sequence[PersonKey] = (),
) -> None:
    """Write that the operator did it: a line for each person concerned, or one without any."""
    now = real_now(connection)
    fact = Fact(
        kind=kind,
        subject=subject,
        reasons=(operator.reason.strip(),) if operator.reason else (),
        refs={"operator": operator.account},
    )
    fact_id = mint(HUB_NAMESPACE, "act", kind.value, subject, to_micros(now))
    append_facts(
        connection,
        [
            FactRow(fact_id, TenantId(tenant), person, None, now, "", fact)
            for person in persons or (None,)
        ],
    )
