"""The attester's side: a certificate that carries a document of this enclave, always in date."""
