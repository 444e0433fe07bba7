"""Text that others wrote, as it may be shown."""


def printable(text: str) -> str:
    """With what steers a terminal or turns the writing round as escapes; line ends stay."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
