"""What it costs to judge an attestation document, with the documents of a development module."""
