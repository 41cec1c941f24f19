"""Several commands under one name: in the order in which they are of use, with the nearest one for a wrong name."""

from __future__ import annotations

import click

from engine.core.nearest import did_you_mean


class Commands(click.Group):
    """Commands in the order in which they are of use; a name that does not exist gets the nearest one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self.commands and not name.startswith("-") and not ctx.resilient_parsing:
            asked = " ".join([*ctx.command_path.split()[1:], name])
            raise click.UsageError(f"there is no command '{asked}'{did_you_mean(name, self.commands)}", ctx)
        return super().resolve_command(ctx, args)
