"""The model's card: owner, purpose, assumptions, limits of use, and until when it holds."""

from datetime import date
from pathlib import Path

from neutralizer.load.firm.files import Held, firm_file, read_firm_file
from neutralizer.load.written.settings import Day, Strict

SHIPPED = Path(__file__).with_name("model_card.yaml")
REMEDY = "correct the model card, or ask its owner"
NAME = "model_card"  # by which an expired one may be let pass


class Validation(Strict):
    """Who looked last, when, and on what."""

    date: Day
    by: str
    evidence: str


class ModelCard(Strict):
    """What a model is for and how far it may be trusted."""

    name: str
    version: str
    owner: str
    purpose: str
    assumptions: tuple[str, ...]
    parameters: dict[str, str]
    valid_until: Day
    limits_of_use: tuple[str, ...]
    last_validation: Validation


def card_here() -> Held[ModelCard]:
    """The firm's card: model_card.yaml of the firm, else of NEUTRALIZER_MODEL_CARD, else the shipped one."""
    held = firm_file("NEUTRALIZER_MODEL_CARD", "model_card.yaml", ModelCard, REMEDY)
    return held if held.value is not None else read_firm_file(SHIPPED, ModelCard, REMEDY)


def expired(day: date) -> str:
    """A sentence where the card does not hold on a business date; blank where it does."""
    card = card_here().value
    if card is None or day <= card.valid_until:
        return ""
    return (
        f"the model card of {card.name} holds until {card.valid_until}, the business date is {day}: ask "
        f"its owner ({card.owner}) for a validation, or let it pass with --accept-stale {NAME}"
    )


def page(card: ModelCard) -> str:
    """As Markdown."""
    seen = card.last_validation
    parts = [
        f"# Model card: {card.name} {card.version}",
        card.purpose,
        f"Owner: {card.owner}.",
        f"Holds for business dates until {card.valid_until}. Last looked at on {seen.date} by {seen.by}: "
        f"{seen.evidence}.",
        "## It assumes\n\n" + "\n".join(f"- {text}" for text in card.assumptions),
        "## Parameters\n\n" + "\n".join(f"- `{k}`: {v}" for k, v in card.parameters.items()),
        "## Limits of use\n\n" + "\n".join(f"- {text}" for text in card.limits_of_use),
    ]
    return "\n\n".join(parts)
