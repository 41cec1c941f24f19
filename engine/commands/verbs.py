"""``ringflow verbs``: the reference of the verbs."""

from __future__ import annotations

import click

from engine.commands.terminal import OK, format_option, say


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from engine.core.verbs import VERBS

    return [name for name in VERBS if name.startswith(incomplete)]


@click.command(epilog="Example: ringflow verbs gather")
@click.argument("verb", required=False, shell_complete=_complete)
@format_option()
def verbs(verb: str | None, form: str) -> int:
    """List the verbs that may stand behind a dash, or say everything about one VERB."""
    from engine.core.nearest import did_you_mean
    from engine.core.verbs import SYNONYMS, VERBS
    from engine.reference import as_json, index, page

    if verb is not None and verb not in VERBS:
        meant = f"; the word is '{SYNONYMS[verb]}'" if SYNONYMS.get(verb) in VERBS else did_you_mean(verb, VERBS)
        raise click.UsageError(f"there is no verb '{verb}'{meant}", click.get_current_context())
    if form == "json":
        say(as_json([VERBS[verb]] if verb else [*VERBS.values()]))
    else:
        say(page(VERBS[verb]) if verb else index([*VERBS.values()]))
    return OK
