"""What is not heard: other flows, messages, variables, the world outside, and Telnyx's own words."""

from __future__ import annotations

from engine.core.verb import Option, Verb

_GIVE = Option(name="give", type="give")
_FLOW = Option(name="flow", type="flow", required=True)

VERBS = (
    Verb(
        name="run",
        about="Lets another flow have the call for a while, and goes on when that flow ends.",
        main="flow",
        options=(_FLOW, _GIVE, Option(name="into", type="into")),
    ),
    Verb(name="tell", about="Says a word to the other leg, which hears it as ROLE.says.WORD.", takes_rest=True),
    Verb(
        name="call_later",
        about="Calls somebody later, with a flow of its own.",
        operations=("dial",),
        options=(
            _FLOW,
            Option(name="to", type="phone", required=True),
            Option(name="at", type="moment"),
            Option(name="in", type="duration", minimum=1, maximum=31 * 86400),
            _GIVE,
        ),
        one_of=(("at", "in"),),
    ),
    Verb(
        name="http",
        about="Looks something up at an address outside, and goes elsewhere when that does not work.",
        options=(
            Option(name="get", type="url"),
            Option(name="post", type="url"),
            Option(name="send", type="give"),
            Option(name="timeout", type="duration", default=3.0, minimum=0.5, maximum=5),
            Option(name="into", type="into"),
            Option(name="if_fails", type="state", required=True),
        ),
        one_of=(("get", "post"),),
    ),
    Verb(
        name="notify",
        about="Sends a message to an address of project.yaml; never holds the call up.",
        silent=True,
        takes_rest=True,
        options=(Option(name="to", type="notify", required=True),),
    ),
    Verb(
        name="log",
        about="Writes a line to the log.",
        main="text",
        silent=True,
        options=(Option(name="text", type="text", required=True),),
    ),
    Verb(name="set", about="Gives variables new values.", silent=True, takes_rest=True),
    Verb(
        name="count",
        about="Adds one to a number variable.",
        main="variable",
        silent=True,
        options=(Option(name="variable", type="variable", required=True),),
    ),
    Verb(
        name="telnyx",
        about="Does any other operation of Telnyx's, with Telnyx's own parameters.",
        takes_rest=True,
        options=(Option(name="operation", type="name", required=True), Option(name="into", type="into")),
    ),
)
