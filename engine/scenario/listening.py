"""Whether a flow listens for keys: a person presses when somebody listens."""

from __future__ import annotations

from engine.core.event import ClientState
from engine.scenario.cast import Cast

_KEY = "call.dtmf.received"


def listens(cast: Cast, name: str) -> bool:
    """
    Tell whether keys that *name* presses now would be taken: by a gather, or by a handler of ``call.dtmf.received``.

    A leg without a run of its own (one that a transfer rang) may press at any time.
    """
    look, session = cast.look(name), cast.session(name)
    if look is None or look.state != "answered":
        return False
    if look.gathering or session is None:
        return True
    if session.status != "live":
        return False
    role = cast.program_of(session).role(session.role)
    handled = any(_KEY in block.on for block in (role.states[session.state], role.anywhere))
    token = ClientState.decode(look.client_state)
    # A key before the state's first command is accepted counts as pressed too early (runtime.md, "Stale", d).
    return handled and token is not None and token.n >= session.first_n
