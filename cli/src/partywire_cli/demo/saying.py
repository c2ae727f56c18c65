"""How sentences get on the console."""

from rich.console import Console


def say(console: Console, sentence: str) -> None:
    """Print a sentence: wrapped between words on a terminal, one line elsewhere."""
    console.print(sentence, highlight=False, markup=False, soft_wrap=not console.is_terminal)
