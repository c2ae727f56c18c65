"""Attestation documents of AWS Nitro enclaves: read strictly, and judged."""

import warnings

from partywire_nitro_attest.document import Document
from partywire_nitro_attest.judging import JudgedDocument, Trust, judge_document
from partywire_nitro_attest.policy import (
    NOT_CHECKED,
    Policy,
    Release,
    judge_policy,
    pcr_of_certificate,
    pcr_of_text,
)
from partywire_nitro_attest.refusals import Refusal, Refused, Step
from partywire_nitro_attest.roots import AWS_ROOTS, Roots

__all__ = [
    "AWS_ROOTS",
    "NOT_CHECKED",
    "Document",
    "JudgedDocument",
    "Policy",
    "Refusal",
    "Refused",
    "Release",
    "Roots",
    "Step",
    "Trust",
    "judge_document",
    "judge_policy",
    "pcr_of_certificate",
    "pcr_of_text",
]

# What the library only warns of in a stranger's certificate is an error, and so a refusal, where
# documents are judged. Where one is described, nothing is printed beside.
warnings.filterwarnings("error", "", UserWarning, rf"{__name__}\.(carriers|chain)\Z")
warnings.filterwarnings("ignore", "", UserWarning, rf"{__name__}\.commands\.")
