"""A security module in software: attestation documents of the genuine shape that prove nothing.

For tests, and for parties under development. Its root is made for a deployment and never shipped,
and no verifier trusts it unless its config names it.
"""

from partywire_nitro_attest.development.certified import Blueprint, Certified
from partywire_nitro_attest.development.chain import Chain, Change, issued, new_root
from partywire_nitro_attest.development.making import Making, definite, indefinite
from partywire_nitro_attest.development.module import DevelopmentModule, in_debug_mode, measured

__all__ = [
    "Blueprint",
    "Certified",
    "Chain",
    "Change",
    "DevelopmentModule",
    "Making",
    "definite",
    "in_debug_mode",
    "indefinite",
    "issued",
    "measured",
    "new_root",
]
