"""Prints docs/options.md from the commands themselves: `python docs/build_options.py > docs/options.md`."""

import sys
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from neutralizer.cli.headings import COMMANDS, command

HEAD = """\
# Commands and their options

Printed by `python docs/build_options.py` from the commands themselves; correct it there, not here.
`neutralizer COMMAND --help` prints the same on a terminal. What a run does with them is told in
[the manual](index.md); what operations do, in [release.md](release.md).
"""


def names(option: click.Option) -> str:
    """`--out PATH`, `-q`, `--quiet`"""
    record = option.get_help_record(click.Context(click.Command("x")))
    text = (record[0] if record else "").replace("|", "\\|")
    return ", ".join(f"`{part}`" for part in text.split(", "))


def meaning(option: click.Option) -> str:
    """Its help, what it is required or repeated for, and the variable that stands in for it."""
    told = [(option.help or "").rstrip(".")]
    told += ["required"] if option.required else []
    told += [f"default `{option.default}`"] if option.show_default is True else []
    told += ["may stand several times"] if option.multiple else []
    told += [f"else the environment variable `{option.envvar}`"] if option.envvar else []
    return "; ".join(part for part in told if part).replace("|", "\\|")


def section(name: str) -> list[str]:
    """One command: how it is called, what it does, its options."""
    its = command(name)
    context = click.Context(its, info_name=f"neutralizer {name}")
    usage = " ".join([context.info_name or "", *its.collect_usage_pieces(context)])
    lines = [f"### {name}", "", f"`{usage}`", "", str(its.help), ""]
    options = [p for p in its.params if isinstance(p, click.Option)]
    if options:
        lines += ["| option | does |", "|---|---|"]
        lines += [f"| {names(o)} | {meaning(o)} |" for o in options] + [""]
    return lines


def page() -> str:
    """The whole of docs/options.md."""
    lines = [HEAD]
    for heading, its in COMMANDS.items():
        lines += [f"## {heading}", ""]
        lines += [line for name in its for line in section(name)]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    print(page(), end="")
