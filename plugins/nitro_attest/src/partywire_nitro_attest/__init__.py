"""Attestation documents of AWS Nitro enclaves: read strictly, and judged."""

from partywire_nitro_attest.refusals import Refusal, Refused, Step

__all__ = ["Refusal", "Refused", "Step"]
