"""Help in groups: commands by what they are for, the options of a long command by what they change."""

from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

import click

Headings = Sequence[tuple[str, str]]  # (heading, names separated by blanks), in the order shown


class Told(NamedTuple):
    """What help says of a command without importing it."""

    module: str  # of this package
    sentence: str  # the first of the command's own help


COMMANDS: dict[str, dict[str, Told]] = {  # by heading, in the order shown
    "Begin": {
        "init": Told("inputs", "Write a ready scenario folder, or one around a file of positions."),
        "layout": Told("inputs", "Draft a layout from a sender's file."),
        "look": Told(
            "inputs", "Show what was read, and what looks wrong, before anything is solved."
        ),
        "show": Told("inputs", "Print a table as it was understood, as CSV."),
        "check": Told("inputs", "Read and check everything, solve nothing."),
        "columns": Told("inputs", "Print the manual of the input tables."),
        "schema": Told("inputs", "Print the JSON Schema of scenario.yaml, for editors."),
    },
    "Run": {
        "run": Told("runs", "Decide, prove, write the tickets: the main job."),
        "schedule": Told(
            "runs", "Spread a proven run's orders over the session: cheap, and not open for long."
        ),
    },
    "Understand": {
        "explain": Told("runs", "Say why: of a run's folder, a refused one, or a scenario."),
        "what-if": Told(
            "runs",
            "Say what other bounds would cost: solved again with each, and with all of them.",
        ),
        "frontier": Told(
            "studies",
            "Say what a limit costs, bound by bound: from where nothing keeps it to where it binds no more.",
        ),
        "sensitivity": Told(
            "studies",
            "Say what a plan hangs on: spreads, impact, volumes, volatilities, correlations, margin, marks.",
        ),
        "sweep": Told(
            "studies",
            "Run every combination of some changes: settings, limits, cells, walls, carriers left out.",
        ),
        "backtest": Told(
            "studies",
            "Decide a history of days again: together, each book alone, by hand, and with other settings.",
        ),
        "verify": Told(
            "runs", "Prove a finished folder's tickets, or a schedule's, from the files alone."
        ),
    },
    "Hand off": {
        "approve": Told("handoff", "Read and sign a run's folder, or a standing order."),
        "release": Told("handoff", "Hand an approved run's tickets over to operations."),
        "allocate": Told(
            "handoff",
            "Book each book's share of what brokers executed, by executions*.csv; 13 where one does not fit.",
        ),
        "status": Told(
            "handoff",
            "Say where released tickets stand, by what came back beside them; 13 where something does not fit.",
        ),
    },
    "Govern": {
        "new-key": Told("handoff", "Write a private key, print the public key for roles.yaml."),
        "journal": Told("handoff", "Check the journal's chain and print its last lines."),
        "model-card": Told("inputs", "Print the model card that holds here."),
        "crosses": Told(
            "handoff",
            "Review what books passed to each other, pair by pair, over a folder of runs.",
        ),
        "view": Told("handoff", "Write what one book may see of a run, and nothing of any other."),
    },
    "Prepare": {
        "estimate": Told(
            "histories", "Estimate a scenario's risk tables from a history of prices."
        ),
        "calibrate": Told(
            "histories",
            "Say what fills cost against what plans said, and which cost parameters follow.",
        ),
        "signals": Told(
            "histories",
            "Find prices of like instruments that are out today, and books' marks that differ.",
        ),
        "arrays": Told("inputs", "Build scan arrays from outright margins and option terms."),
        "shocks": Told("inputs", "Print shocks built from a price history."),
        "simm": Told(
            "inputs", "Print the ISDA SIMM of a portfolio in the common risk interchange format."
        ),
    },
}
KNOWN = {name: told for its in COMMANDS.values() for name, told in its.items()}


def command(name: str) -> click.Command:
    """The command of that name in KNOWN, its module imported now."""
    module = import_module(f"neutralizer.cli.{KNOWN[name].module}")
    found = (it for it in vars(module).values() if isinstance(it, click.Command))
    return next(it for it in found if it.name == name)


class GroupedCommands(click.Group):
    """The group of the commands in KNOWN, listed under their headings; imports the one that is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(KNOWN)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return command(name) if name in KNOWN else None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, KNOWN))
        for heading, its in COMMANDS.items():
            with formatter.section(heading):
                formatter.write_dl([(n.ljust(widest), told.sentence) for n, told in its.items()])


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
