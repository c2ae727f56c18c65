"""The `partywire` command and its demo."""
