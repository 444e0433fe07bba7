"""Rules about crossing groups: their central books, and the pairs that split them."""

from neutralizer.errors import Issues
from neutralizer.load.resolved.barriers import central_books, parts
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written import values
from neutralizer.load.written.inputs import Inputs


def central_books_are_members(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A central book is one of its group's, and may cross itself."""
    table, restricted = inputs["crossing_groups"], inputs["restricted"]
    for row, (book, members) in enumerate(zip(table["via_book"], table["books"], strict=True)):
        if book and book not in members:
            remedy = "name one of them" + values.nearest(book, list(members))
            table.error(issues, row, "via_book", "not one of the group's books", remedy)
    group_of = {book: group for group, book in central_books(inputs).items()}
    for row, book in enumerate(restricted["book_id"]):
        if book in group_of and restricted["no_cross"][row] == "yes":
            reason = f"every crossing of {group_of[book]} goes through {book}"
            remedy = "name another via_book, or leave the row out"
            restricted.error(issues, row, "no_cross", reason, remedy)


def barriers_part_two_books(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A pair is of two books, and stands once, in whatever order."""
    table, first = inputs["barriers"], dict[frozenset[str], int]()
    for row, pair in enumerate(zip(table["book_a"], table["book_b"], strict=True)):
        if pair[0] == pair[1] and pair[0]:
            table.error(issues, row, "book_b", "the same book twice", "name two books")
        before = first.setdefault(frozenset(pair), row)
        if before < row and pair == (table["book_b"][before], table["book_a"][before]):
            reason = f"duplicate pair {'/'.join(pair)}, {table.raw.first(row, before)}"
            table.error(issues, row, "book_a", reason, "keep one of them")


def groups_can_be_split(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Says how barriers split a group; the names of the parts are free."""
    table, central = inputs["crossing_groups"], central_books(inputs)
    taken = dict.fromkeys(table["group_id"], "group") | dict.fromkeys(
        inputs["books"]["book_id"], "book"
    )
    for row, found in enumerate(parts(inputs)):
        if len(found) < 2:
            continue
        shown = [
            f"{name} ({', '.join(books)}{f' through {central[name]}' if name in central else ''})"
            for name, books in found.items()
        ]
        reason = "barriers split it into " + ", ".join(shown)
        table.warning(issues, row, "books", reason, "books cross within their part only")
        for name in list(found)[1:]:
            if name in taken:
                reason = f"barriers split it, and {name} is a {taken[name]} already"
                table.error(issues, row, "group_id", reason, "rename one of them")
