"""``ringflow explain``: what a rule of the checker means."""

from __future__ import annotations

import click

from engine.commands.terminal import OK, format_option, say


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from engine.check.explain import rule_pages

    names = [name for page in rule_pages() for name in (page.code, page.name)]
    return [name for name in names if name.lower().startswith(incomplete.lower())]


@click.command(epilog="Example: ringflow explain R001")
@click.argument("rule", required=False, shell_complete=_complete)
@format_option()
def explain(rule: str | None, form: str) -> int:
    """
    Say what a rule of the checker means, with a sample, and how to allow it.

    RULE is a code or a name, such as R001 or unknown-state; without it, all rules are listed.
    """
    from engine.check.explain import as_json, as_text, find, index, near, rule_pages

    if rule is None:
        say(as_json(rule_pages()) if form == "json" else index(rule_pages()))
        return OK
    page = find(rule)
    if page is None:
        found = near(rule)
        meant = f"; did you mean {' or '.join(found)}?" if found else "; ringflow explain lists them all"
        raise click.UsageError(f"there is no rule '{rule}'{meant}", click.get_current_context())
    say(as_json(page) if form == "json" else as_text(page))
    return OK
