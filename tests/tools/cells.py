"""Code as a notebook runs it: in one namespace, with what it prints and what its last line is worth."""

import ast
import io
from contextlib import redirect_stdout
from typing import Any


def shown(code: str, names: dict[str, Any]) -> str:
    """What a cell shows as text."""
    body = ast.parse(code).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(ast.Module(body, []), "<cell>", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
            if value is not None:
                print(repr(value))
    return out.getvalue()
