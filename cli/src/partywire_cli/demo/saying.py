"""How sentences are made, and how they get on the console."""

from collections.abc import Sequence

from rich.console import Console


def say(console: Console, sentence: str) -> None:
    """Print a sentence: wrapped between words on a terminal, one line elsewhere."""
    console.print(sentence, highlight=False, markup=False, soft_wrap=not console.is_terminal)


def listed(words: Sequence[str], last: str = "and") -> str:
    """One or more words as they are listed in a sentence."""
    return f" {last} ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
