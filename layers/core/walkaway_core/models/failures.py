"""What a model call can fail with, as the port's exceptions: by the type of an error, and not by its status alone.

An error in the middle of an answer has the status 200, for it came behind a good beginning (Messages API, errors).
"""

from walkaway_core.models import complaints, unforeseen
from walkaway_core.models.complaints import Complaint
from walkaway_core.ports.model import (
    ContentRefused,
    ModelBusy,
    ModelFailed,
    ModelRefused,
    ModelUnknown,
    ThinkingRefused,
    TooLong,
)
from walkaway_core.settings import BEDROCK, Settings

BUSY = {
    "overloaded_error",
    "rate_limit_error",
    "throttlingexception",
    "toomanyrequestsexception",
    "modelnotreadyexception",
    "serviceunavailableexception",
}
FAILED = {
    "timeout_error",
    "conflict_error",
    "internalserverexception",
    "modelerrorexception",
    "modelstreamerrorexception",
    "modeltimeoutexception",
}
INVALID = {"invalid_request_error", "request_too_large", "exceed_context_size_error", "validationexception"}
STRANGER = {
    "authentication_error",
    "permission_error",
    "accessdeniedexception",
    "unrecognizedclientexception",
    "expiredtokenexception",
    "invalidsignatureexception",
}
UNKNOWN = {"not_found_error", "resourcenotfoundexception"}
UNPAID = {"billing_error", "servicequotaexceededexception"}
UNPAID_CODES = {
    "enforced_spend_limit_reached",
    "contract_spend_limit_reached",
    "linked_organization_spend_limit_reached",
    "linked_organization_billing_unavailable",
    "organization_on_hold",
}
"""What passes only when somebody looks after the account."""
BUSY_NOW = "The model service is busy"
ACCOUNT = "The model service wants its account, or a limit of it, looked after"
"""How the sentences about these begin."""


def told(error: Exception, model: str, settings: Settings, *, answered: bool) -> ModelFailed | ModelRefused:
    """Say what an error means for the call of a model; `answered`: the service had begun to answer."""
    import anthropic

    if isinstance(error, anthropic.APIStatusError):
        return _complained(complaints.read(error), model, settings)
    return unforeseen.told(error, model, settings, answered=answered)


def _complained(complaint: Complaint, model: str, settings: Settings) -> ModelFailed | ModelRefused:
    """Tell what may pass by itself from what will not."""
    if complaint.kind in UNPAID or complaint.code in UNPAID_CODES or complaint.status == 402:
        return ModelRefused(complaint.sentence(ACCOUNT))
    final = complaint.status >= 400 and complaint.headers.get("x-should-retry") == "false"
    if not final and _busy(complaint):
        return ModelBusy(complaint.sentence(BUSY_NOW), complaint.retry_after)
    if not final and _failed(complaint):
        return ModelFailed(complaint.sentence("The model service failed"), complaint.retry_after)
    if complaint.kind in STRANGER or complaint.status in (401, 403):
        check = unforeseen.key_of(model, settings)
        return ModelRefused(complaint.sentence(f"The model service refused the caller; check {check}"))
    if complaint.kind in UNKNOWN or complaint.status == 404 or complaint.blames_model:
        return _unknown(complaint, model)
    return _refused(complaint)


def _busy(complaint: Complaint) -> bool:
    known = INVALID | STRANGER | UNKNOWN | FAILED
    return complaint.kind in BUSY or (complaint.kind not in known and complaint.status in (429, 503, 529))


def _failed(complaint: Complaint) -> bool:
    if complaint.kind in FAILED:
        return True
    refused = complaint.kind in INVALID | STRANGER | UNKNOWN
    return not refused and (not 400 <= complaint.status < 500 or complaint.status in (408, 409, 425, 499))


def _unknown(complaint: Complaint, model: str) -> ModelRefused:
    """Tell a model that is not there from a file or a container that was there once, and from an address that is wrong.

    Only the first is a matter of the model alone, for it is in the service's words.
    """
    words = complaint.words.lower()
    named = "model" in words
    if not named and (complaint.code == "file_expired" or "file" in words or "container" in words):
        return ModelRefused(complaint.sentence("The model service no longer has something that this conversation uses"))
    check = "check the session's model, WALKAWAY_MODEL" + ("" if model.startswith(BEDROCK) else ", ANTHROPIC_BASE_URL")
    sentence = complaint.sentence(f"The model service does not know {model[:100]!r}; {check}")
    return ModelUnknown(sentence) if named else ModelRefused(sentence)


def _refused(complaint: Complaint) -> ModelRefused:
    """Say what a request is blamed for."""
    sentence = complaint.sentence("The model service refused the call")
    if complaint.too_long:
        return TooLong(sentence, complaint.where)
    if complaint.blames_thinking:
        return ThinkingRefused(sentence)
    return ContentRefused(sentence, complaint.where) if complaint.blames_content else ModelRefused(sentence)
