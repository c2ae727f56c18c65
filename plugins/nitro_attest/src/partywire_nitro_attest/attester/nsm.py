"""The security module of the enclave that this program runs in."""

from partywire_nitro_attest.attester import nsm_messages as messages
from partywire_nitro_attest.attester.nsm_device import NsmDevice
from partywire_nitro_attest.attester.nsm_messages import Description
from partywire_nitro_attest.document import PCR_SIZE
from partywire_nitro_attest.security_module import MeasuringModule, Register


class NsmModule(MeasuringModule):
    """Asks the device; see `NsmDevice.ask` for how long a call may block.

    Every call raises `ModuleFailed` where the device or the module fails.
    """

    def __init__(self, device: NsmDevice) -> None:
        """Take an open device."""
        self._device = device

    def attest(
        self,
        *,
        public_key: bytes | None = None,
        user_data: bytes | None = None,
        nonce: bytes | None = None,
    ) -> bytes:
        """Return a new document; see `SecurityModule.attest`."""
        request = messages.attestation(public_key, user_data, nonce)
        return messages.document_in(self._device.ask("Attestation", request))

    def describe(self) -> Description:
        """Return what the module says of itself."""
        return messages.description_in(self._ask("DescribeNSM"))

    def random(self) -> bytes:
        """Return random bytes of the module, as many as it gives: 1 to 256."""
        return messages.random_in(self._ask("GetRandom"))

    def register(self, index: int) -> Register:
        """Return what is in a PCR."""
        return messages.register_in(self._ask("DescribePCR", index=index))

    def extend(self, index: int, data: bytes) -> bytes:
        """Extend a PCR, and return its new value; see `MeasuringModule.extend`."""
        if len(data) != PCR_SIZE:
            raise ValueError(f"a PCR is extended by a hash of {PCR_SIZE} bytes")
        return messages.extended_in(self._ask("ExtendPCR", index=index, data=data))

    def lock(self, index: int) -> None:
        """Lock a PCR: nobody can extend it until the enclave is started anew."""
        messages.check_done("LockPCR", self._ask("LockPCR", index=index))

    def lock_below(self, end: int) -> None:
        """Lock all PCRs whose number is below that one."""
        messages.check_done("LockPCRs", self._ask("LockPCRs", range=end))

    def _ask(self, operation: str, **arguments: int | bytes) -> bytes:
        request = messages.request(operation, arguments or None)
        return self._device.ask(operation, request)
