"""Certificates: what is read from them, and how they are made."""

import warnings

# The library warns of what is odd in a stranger's certificate; that is nothing to print.
warnings.filterwarnings("ignore", "", UserWarning, rf"{__name__}\.")
