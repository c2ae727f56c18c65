"""Both parties in one event loop, nothing between them but this project's code."""
