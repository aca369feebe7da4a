"""Trusted timestamps (RFC 3161) over manifests, by whichever authority the office has chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from cryptography.x509 import Certificate
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from domain.errors import EvidenceError, RetryableError

TOKEN = "manifest.tsr"  # noqa: S105 - the file name of a timestamp, no secret
_SLACK = timedelta(seconds=60)


class Timestamps:
    """One authority: where it is asked, and the roots that its signature must lead to.

    `post` sends a request (DER) and returns the answer; it raises RetryableError when there is
    none. No answer counts before signature, chain, purpose, nonce and digest are verified.
    """

    def __init__(
        self, *, authority: str, roots: Sequence[Certificate], post: Callable[[bytes], bytes]
    ) -> None:
        self.authority = authority
        self._roots = list(roots)
        self._post = post

    def stamp(self, data: bytes, *, near: datetime, most: timedelta) -> bytes:
        """The authority's answer (TimeStampResp, DER) over the SHA-256 of `data`.

        Raises RetryableError when the answer is garbage, a refusal or not signed as it must be,
        and when its time is further than `most` (and a minute for the way) from `near`.
        """
        wanted = TimestampRequestBuilder(data=data, hash_algorithm=HashAlgorithm.SHA256).build()
        answer = self._post(wanted.as_bytes())
        try:
            at = self._verified(answer, data, nonce=wanted.nonce)
        except EvidenceError as error:
            raise RetryableError(error.message, at=self.authority) from error
        if abs(at - near) > most + _SLACK:
            raise RetryableError(
                f"时间戳时间 {at:%Y-%m-%d %H:%M:%S} 与本机时钟不符", at=self.authority
            )
        return answer

    def check(self, answer: bytes, data: bytes) -> datetime:
        """The moment that a stored timestamp proves for `data`. Raises EvidenceError."""
        return self._verified(answer, data, nonce=None)

    def _verified(self, answer: bytes, data: bytes, *, nonce: int | None) -> datetime:
        verifier = VerifierBuilder(roots=list(self._roots), nonce=nonce).build()
        try:
            response: TimeStampResponse = decode_timestamp_response(answer)
            verifier.verify_message(response, data)
            at = response.tst_info.gen_time
        except (ValueError, TypeError, OverflowError) as error:
            raise EvidenceError(f"时间戳应答无法读取：{error}") from error
        except VerificationError as error:
            raise EvidenceError(f"时间戳未通过核验：{error}") from error
        return at
