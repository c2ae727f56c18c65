"""Certificates: what is read from them, and how they are made."""
