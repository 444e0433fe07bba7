"""The page: its head, its sections in order, poured into the template."""

from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

from neutralizer.domain.version import VERSION as __version__
from neutralizer.report.page import headline
from neutralizer.report.page.data import Run
from neutralizer.report.page.parts import Section
from neutralizer.report.page.pictures.canvas import drawing
from neutralizer.report.page.sections import REGISTRY


def page(files: Mapping[str, bytes]) -> bytes:
    """The whole page as UTF-8."""
    run = Run(files)
    with drawing():
        sections = [s for s in (each.section(run) for each in REGISTRY) if s]
    words = environment().get_template("page.html.j2")
    return words.render(
        run=run,
        version=__version__,
        tiles=headline.tiles(run),
        lead=headline.lead(run),
        status=headline.status(run),
        banner=headline.banner(run),
        sections=sections,
    ).encode()


def plain_page(
    name: str, eyebrow: str, meta: list[tuple[str, str]], sections: list[Section], footer: str
) -> bytes:
    """A page that is not of a run: sections of tables, figures and texts under one heading."""
    template = environment().get_template("plain.html.j2")
    return template.render(
        name=name,
        title=f"{name}: {eyebrow}",
        eyebrow=eyebrow,
        meta=meta,
        sections=sections,
        footer=footer,
    ).encode()


def environment() -> Environment:
    """Everything is escaped; only drawings, which escape their own words, go in as they are."""
    return Environment(
        loader=PackageLoader("neutralizer.report.page", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
