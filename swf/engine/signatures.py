"""AWS's Signature Version 4 on the server's side: whether a request was signed with a known secret.

See: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import attrs
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from swf.engine.protocol import Fault

ALLOWED_SKEW = timedelta(minutes=15)

_DATE_FORMAT = "%Y%m%dT%H%M%SZ"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<id>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)"
    r"/aws4_request\s*,\s*SignedHeaders=(?P<headers>[^,\s]+)\s*,\s*Signature=(?P<signature>[0-9a-f]{64})"
)


@attrs.frozen
class SignatureCheck:
    """Refuses requests that are not signed with one of these keys.

    Args:
        keys: Secrets by access key id.
    """

    keys: Mapping[str, str] = attrs.field(repr=False)

    def __call__(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> None:
        """Refuse a request whose signature is missing, old or wrong.

        Args:
            method: Such as ``POST``.
            path: What follows the host.
            query: What follows the question mark.
            headers: By names in lower case.
            body: The whole body.

        Raises:
            Fault: The fault of AWS for what is wrong.
        """
        scope = _scope(headers)
        secret = self.keys.get(scope["id"])
        if secret is None:
            raise Fault("UnrecognizedClientException", "The access key id in the signature is not known here.")
        signed = scope["headers"].split(";")
        _require_fresh(headers, scope)
        _require_all_signed(headers, signed, body)
        url = f"http://{headers.get('host', '')}{path}" + (f"?{query}" if query else "")
        request = AWSRequest(method, url, {name: headers[name] for name in signed}, body)
        if not hmac.compare_digest(_signature(request, scope, secret, headers["x-amz-date"]), scope["signature"]):
            raise Fault(
                "InvalidSignatureException",
                "The signature is not that of the secret which belongs to the access key id. Check both.",
                status=403,
            )


def _scope(headers: Mapping[str, str]) -> dict[str, str]:
    """Read what the ``Authorization`` header tells."""
    authorization = headers.get("authorization")
    if authorization is None:
        raise Fault("MissingAuthenticationTokenException", "The request is not signed, and this server demands it.")
    found = _AUTHORIZATION.fullmatch(authorization)
    if found is None or found["service"] != "swf":
        raise Fault(
            "IncompleteSignatureException", "The Authorization header is no AWS4-HMAC-SHA256 signature for swf."
        )
    return found.groupdict()


def _require_fresh(headers: Mapping[str, str], scope: Mapping[str, str]) -> None:
    date = headers.get("x-amz-date", "")
    try:
        signed_at = datetime.strptime(date, _DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise Fault("IncompleteSignatureException", f"The X-Amz-Date {date!r} is no date.") from None
    if not date.startswith(scope["date"]) or abs(datetime.now(UTC) - signed_at) > ALLOWED_SKEW:
        raise Fault(
            "InvalidSignatureException", f"The signature is of {date}, not of now. Check the clocks.", status=403
        )


def _require_all_signed(headers: Mapping[str, str], signed: list[str], body: bytes) -> None:
    """Refuse what a signature leaves open: whoever overheard it could change that."""
    expected = {"host", *(name for name in headers if name.startswith("x-amz-"))} - {"x-amzn-trace-id"}
    if not expected <= set(signed) <= set(headers):
        raise Fault("IncompleteSignatureException", f"These headers must be signed: {', '.join(sorted(expected))}.")
    stated = headers.get("x-amz-content-sha256")
    if stated is not None and stated != hashlib.sha256(body).hexdigest():
        raise Fault("InvalidSignatureException", "X-Amz-Content-SHA256 is not that of the body.", status=403)


def _signature(request: AWSRequest, scope: Mapping[str, str], secret: str, date: str) -> str:
    """Sign the request as its sender should have."""
    signer = _Signer(Credentials(scope["id"], secret), "swf", scope["region"])
    request.context["timestamp"] = date
    signed: str = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return signed


class _Signer(SigV4Auth):
    """Signs the headers that the sender signed, also those that botocore itself leaves out."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        return request.headers
