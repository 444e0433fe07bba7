"""Help in groups: commands by what they are for, the options of a long command by what they change."""

from collections.abc import Sequence

import click

Headings = Sequence[tuple[str, str]]  # (heading, names separated by blanks), in the order shown

LONGEST = 200  # characters of a sentence about a command: wrapped, never cut off
COMMANDS: Headings = (
    ("Begin", "init layout look show check columns schema"),
    ("Run", "run schedule"),
    ("Understand", "explain what-if frontier sensitivity sweep backtest verify"),
    ("Hand off", "approve release allocate status"),
    ("Govern", "new-key journal model-card crosses view"),
    ("Prepare", "estimate calibrate signals arrays shocks simm"),
)


class GroupedCommands(click.Group):
    """A group whose help lists its commands under COMMANDS; one that has no heading comes last."""

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        names = [(heading, its.split()) for heading, its in COMMANDS]
        known = {name for _, its in names for name in its}
        others = [name for name in self.list_commands(context) if name not in known]
        widest = max(map(len, self.commands), default=0)
        for heading, its in [*names, ("Other", others)]:
            found = [(n, self.commands[n]) for n in its if n in self.commands]
            rows = [(n.ljust(widest), c.get_short_help_str(LONGEST)) for n, c in found]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)


class GroupedOptions(click.Command):
    """A command whose help lists its options under `headings`; one that has no heading comes last."""

    headings: Headings = ()

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        options = [p for p in self.get_params(context) if isinstance(p, click.Option)]
        rows = {p.name: p.get_help_record(context) for p in options}
        names = [(heading, its.split()) for heading, its in self.headings]
        known = {name for _, its in names for name in its}
        others = [name for name in rows if name not in known]
        widest = max((len(row[0]) for row in rows.values() if row), default=0)
        for heading, its in [*names, ("Other", others)]:
            shown = [row for n in its if (row := rows.get(n)) is not None]
            found = [(name.ljust(widest), meaning) for name, meaning in shown]
            if found:
                with formatter.section(heading):
                    formatter.write_dl(found)
