"""A version of the SIMM parameters: the XML file that Open Source Risk Engine writes them in.

The parameters belong to ISDA and change every year: a user's own file is read, none ships with the program.
"""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

MILLION = 1e6
OTHER = "Other"


class BadParameters(ValueError):
    """What is wrong with the file, in words."""


@dataclass(frozen=True)
class Parameters:
    """Looks up one calibration. `days`: 10, or 1 for a regulation that asks for one day."""

    root: Element
    days: int
    known: dict[tuple[str, ...], float | None] = field(default_factory=dict)

    def number(self, path: str, **attributes: str) -> float:
        """One number. Raises BadParameters where the file has none."""
        found = self.find(path, **attributes)
        if found is None:
            asked = ", ".join(f"{k} {v}" for k, v in attributes.items())
            raise BadParameters(f"no {path} for {asked}" if asked else f"no {path}")
        return found

    def find(self, path: str, **attributes: str) -> float | None:
        """One number, or None."""
        key = (path, *sorted(f"{k}={v}" for k, v in attributes.items()))
        if key not in self.known:
            self.known[key] = self._found(path, attributes)
        return self.known[key]

    def _found(self, path: str, attributes: dict[str, str]) -> float | None:
        *parents, last = path.split("/")
        for parent in self.root.iterfind("/".join(parents)):
            if parent.get("mporDays", str(self.days)) != str(self.days):
                continue
            for x in parent.iterfind(last):
                if all(x.get(k, v) == v for k, v in attributes.items()) and (
                    x.get("mporDays", str(self.days)) == str(self.days)
                ):
                    return _number(x)
        return None

    def currency_bucket(self, path: str, currency: str) -> str:
        """The bucket of a currency: its own, or that of the others."""
        listed = {x.text: x.get("bucket", "") for x in self.root.iterfind(f"{path}/Currency")}
        if currency not in listed and OTHER not in listed:
            raise BadParameters(f"{path} names neither {currency} nor {OTHER}")
        return listed.get(currency, listed.get(OTHER, ""))

    def pair(self, path: str, one: str, other: str) -> float:
        """A correlation of two labels, in either order."""
        found = self.find(path, label1=one, label2=other)
        return self.number(path, label1=other, label2=one) if found is None else found


def _number(element: Element) -> float:
    try:
        return float(element.text or "")
    except ValueError:
        raise BadParameters(f"{element.tag} holds {element.text!r}, not a number") from None


def read_parameters(data: bytes, days: int) -> Parameters:
    """Raises BadParameters where the bytes are no such file."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise BadParameters("a document type or an entity is not read")
    try:
        root = ElementTree.fromstring(data)
    except (ParseError, ValueError) as error:
        raise BadParameters(f"not XML: {error}") from None
    found = root if root.tag == "SIMMCalibration" else root.find("SIMMCalibration")
    if found is None:
        raise BadParameters("no SIMMCalibration in it")
    return Parameters(found, days)
