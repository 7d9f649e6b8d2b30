"""A text for the end user, in Chinese and English, for every reason, standing and field code."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from idvault_verify.account import Standing
from idvault_verify.error import FieldCode, Reason


class FailureReason(StrEnum):
    """Why a claim failed; UNSPECIFIED if it did not, or for a reason that this client does not know."""

    UNSPECIFIED = "UNSPECIFIED"
    MISMATCH = "MISMATCH"
    NO_RECORD = "NO_RECORD"
    ACCOUNT_LIMIT_REACHED = "ACCOUNT_LIMIT_REACHED"
    PERSON_CLOSED = "PERSON_CLOSED"
    DIFFERENT_OWNER = "DIFFERENT_OWNER"
    REGISTRY_TIMED_OUT = "REGISTRY_TIMED_OUT"
    SUPERSEDED = "SUPERSEDED"
    SANCTIONED = "SANCTIONED"
    ERASED = "ERASED"

    def text(self, language: str) -> str:
        """Return a text for the end user in "zh" or "en"."""
        return FAILURE_TEXTS[self].in_language(language)


@dataclass(frozen=True, slots=True)
class Translation:
    """One message in both languages."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the text for a language tag such as "zh", "zh-CN" or "en"; raises ValueError for others."""
        primary = language.replace("_", "-").split("-")[0].lower()
        if primary not in ("zh", "en"):
            raise ValueError("texts exist in zh and en")
        return self.zh if primary == "zh" else self.en


UNKNOWN = Translation("操作未能完成，请稍后再试。", "This could not be completed. Please try again later.")

REASON_TEXTS: Mapping[str, Translation] = {
    Reason.INVALID_MESSAGE: Translation(
        "提交的内容无法识别，请刷新页面后重新提交。",
        "Your submission could not be read. Please reload the page and submit again.",
    ),
    Reason.TOO_MANY_ITEMS: Translation(
        "一次查询的数量过多，请减少数量后再试。",
        "Too many items were requested at once. Please request fewer.",
    ),
    Reason.INVALID_NAME: Translation(
        "姓名格式不正确，请填写与身份证件一致的姓名。",
        "The name is not valid. Please enter it exactly as on your identity document.",
    ),
    Reason.INVALID_DOCUMENT_NUMBER: Translation(
        "证件号码不正确，请对照证件核对后重新填写。",
        "The document number is not valid. Please check it against your document.",
    ),
    Reason.UNSUPPORTED_DOCUMENT: Translation(
        "暂不支持该类型的证件，请更换其他证件。",
        "This kind of document is not accepted yet. Please use another one.",
    ),
    Reason.CONSENT_MISSING: Translation(
        "请先阅读并同意用户协议和个人信息处理规则。",
        "Please read and accept the terms and the privacy notice first.",
    ),
    Reason.INVALID_REQUEST_ID: Translation(
        "请求编号无效，请刷新页面后重新提交。",
        "The request is not valid. Please reload the page and submit again.",
    ),
    Reason.INVALID_ACCOUNT_TOKEN: Translation(
        "账号标识无效，请重新登录后再试。",
        "The account is not valid. Please sign in again and retry.",
    ),
    Reason.REQUEST_ID_REUSED: Translation(
        "该申请已提交过，如需修改信息请重新填写并提交。",
        "This form was already submitted. To change something, please start a new one.",
    ),
    Reason.ACCOUNT_NOT_FOUND: Translation("未找到该账号。", "The account was not found."),
    Reason.REQUEST_NOT_FOUND: Translation(
        "未找到该认证申请，请重新提交。",
        "The verification request was not found. Please submit it again.",
    ),
    Reason.SANCTION_NOT_FOUND: Translation("未找到该处置记录。", "This decision was not found."),
    Reason.MODERATOR_NOT_FOUND: Translation(
        "该审核员尚未登记，请先登记其密钥。",
        "This moderator is not registered. Please register the key first.",
    ),
    Reason.SESSION_NOT_FOUND: Translation(
        "链接无效，或不是在打开它的浏览器中使用。请回到应用重新获取链接。",
        "This link is not valid, or it belongs to another browser. Please go back to the app for a new one.",
    ),
    Reason.APPEAL_NOT_FOUND: Translation("未找到该申诉。", "This appeal was not found."),
    Reason.ORDER_NOT_FOUND: Translation("未找到该指令，请先登记。", "This order is not recorded."),
    Reason.OPERATION_NOT_FOUND: Translation("未找到该专项行动。", "This operation was not found."),
    Reason.VERIFICATION_NOT_FOUND: Translation(
        "未找到该次认证或其回执。", "This verification, or its receipt, was not found."
    ),
    Reason.CONTEST_NOT_FOUND: Translation("未找到该异议。", "This contest was not found."),
    Reason.PUBLIC_ACCOUNT_NOT_FOUND: Translation("未找到该公众账号。", "This public account was not found."),
    Reason.PLATFORM_NOT_FOUND: Translation("未找到该平台。", "This platform was not found."),
    Reason.TIP_OFF_NOT_FOUND: Translation(
        "举报编号或查询密码不正确，请核对后重新输入。",
        "The reference or the secret is not correct. Please check both and try again.",
    ),
    Reason.REPORTER_NOT_FOUND: Translation("未找到该举报人记录。", "This reporter was not found."),
    Reason.TOO_MANY_ATTEMPTS: Translation(
        "认证失败次数过多，请稍后再试。",
        "Too many failed attempts. Please try again later.",
    ),
    Reason.REGISTRY_BACKLOG: Translation(
        "当前办理实名认证的人数较多，请稍后再试。",
        "Many people are being verified right now. Please try again later.",
    ),
    Reason.CREDENTIAL_QUOTA_REACHED: Translation(
        "今天的凭证数量已达上限，请明天再试。",
        "No more credentials can be issued today. Please try again tomorrow.",
    ),
    Reason.TIP_OFF_LIMIT_REACHED: Translation(
        "您今天提交的举报已达上限，请明天再提交。",
        "You have filed as many reports as one day allows. Please file this one tomorrow.",
    ),
    Reason.ACCESS_DENIED: Translation("无权执行此操作。", "You are not allowed to do this."),
    Reason.SECOND_FACTOR_REFUSED: Translation(
        "动态验证码错误或已失效，请输入最新的验证码。",
        "The code is wrong or was already used. Please enter the current one.",
    ),
    Reason.SECOND_FACTOR_LOCKED: Translation(
        "验证码错误次数过多，验证已被暂时锁定，请稍后再试。",
        "Too many wrong codes. The second factor is locked for a while; please try again later.",
    ),
    Reason.SELF_APPROVAL: Translation(
        "不能审批自己提交的申请，也不能复核自己作出的处置，请由其他人员办理。",
        "You cannot decide on your own request or on your own decision. Another person must decide.",
    ),
    Reason.DISCLOSURE_EXPIRED: Translation(
        "该调阅申请已过期，请重新申请。",
        "The disclosure request has expired. Please make a new one.",
    ),
    Reason.QUORUM_INVALID: Translation(
        "保管人组合无效，请联系管理员核对保管人名册。",
        "The custodians' quorum is not valid. Please ask the operator to check the roster.",
    ),
    Reason.ROSTER_INVALID: Translation(
        "人员名册或其签名无效，请联系管理员。",
        "The roster or one of its signatures is not valid. Please contact the operator.",
    ),
    Reason.ACCOUNT_CLOSED: Translation(
        "该账号已被关闭，关闭期间无法办理实名认证。关闭理由、期限和申诉方式见处置通知。",
        "This account is closed and cannot be verified. The notice that you received says why, until when, "
        "and how you can appeal.",
    ),
    Reason.ERASURE_NOT_FOUND: Translation(
        "该账号没有注销申请。",
        "The erasure of this account was never requested.",
    ),
    Reason.ACCOUNT_ERASED: Translation(
        "该账号的身份信息已被删除，无法继续使用此账号认证。",
        "The identity of this account was erased; it cannot be verified again.",
    ),
    Reason.PERSON_UNKNOWN: Translation(
        "该账号尚未通过实名认证，无法对其所有人作出处置，请先处置该账号本身。",
        "The owner of this account has not been verified, so only the account itself can be sanctioned.",
    ),
    Reason.RENEWAL_SUSPENDED: Translation(
        "该账号已被暂停实名认证续期，期间不能重新认证。暂停理由、期限和申诉方式见处置通知。",
        "The verification of this account cannot be renewed for now. The notice that you received says why, "
        "until when, and how you can appeal.",
    ),
    Reason.MODERATOR_REVOKED: Translation(
        "该审核员的密钥已停用，不能再作出决定，请由其他审核员办理。",
        "This moderator's key was revoked and can decide nothing more. Another moderator must decide.",
    ),
    Reason.MODERATORS_TOO_FEW: Translation(
        "审核员不足两名，须由运营方指定。", "With fewer than two moderators, the operator names the next."
    ),
    Reason.MODERATORS_SUFFICE: Translation(
        "已有两名审核员，须由其会签登记。", "There are two moderators, who countersign the next one."
    ),
    Reason.SESSION_EXPIRED: Translation(
        "链接已过期（有效期15分钟）。请回到应用重新获取链接。",
        "This link has expired: it is valid for 15 minutes. Please go back to the app for a new one.",
    ),
    Reason.CONTEST_EXISTS: Translation(
        "您已对该次认证提出过异议。", "You have already said of this verification that it was not you."
    ),
    Reason.SESSION_TAKEN: Translation(
        "该链接已在另一个浏览器中打开，只能使用一次。请回到应用重新获取链接。",
        "This link was opened in another browser, and works only once. Please go back to the app for a new "
        "one.",
    ),
    Reason.PAGES_NOT_SERVED: Translation(
        "暂不提供网页实名认证，请在应用内办理。",
        "Verification by web page is not available here. Please use the app.",
    ),
    Reason.APPEAL_EXISTS: Translation(
        "对该处置已经提出过申诉，每项处置只能申诉一次。申诉结果会另行通知。",
        "An appeal against this decision was filed already; each decision can be appealed once. You will be "
        "told the outcome.",
    ),
    Reason.SANCTION_NEVER_IN_FORCE: Translation(
        "该处置未曾生效，无需申诉。",
        "This decision never took effect, so there is nothing to appeal.",
    ),
    Reason.APPEAL_TOO_LATE: Translation(
        "申诉期限已过，不能再提出申诉。如有疑问请联系客服。",
        "The time for an appeal is over. Contact support if you have questions.",
    ),
    Reason.OPERATION_CLOSED: Translation(
        "该专项行动已结束，不能再纳入新的处置或举报。",
        "This operation is closed; no new sanction or report can belong to it.",
    ),
    Reason.ACCOUNT_NOT_VERIFIED: Translation(
        "该账号尚未通过实名认证或认证已过期，请先完成认证。",
        "This account is not verified, or its verification has expired. Please verify it first.",
    ),
    Reason.RENEWAL_TOO_EARLY: Translation(
        "尚未到续期时间，请在到期前60天内办理。",
        "It is too early to renew. You can renew in the 60 days before the end of the term.",
    ),
    Reason.PUBLIC_ACCOUNT_NOT_LIVE: Translation(
        "该公众账号目前未处于有效状态，不能办理此项业务。",
        "This public account is not active now, so this cannot be done.",
    ),
    Reason.SANCTION_OPEN: Translation(
        "该公众账号或其所属账号有处置、待确认的处置或申诉尚未结束，结束前不能转让或注销。",
        "A sanction, a proposed one or an appeal is still open. Until it ends, this public account can be "
        "neither handed over nor closed.",
    ),
    Reason.OPERATOR_NOT_ELIGIBLE: Translation(
        "运营者须为已通过实名认证且未被暂停的个人账号，且公众账号须属于单位。",
        "An operator must be a person's verified account that is not suspended, and the public account an "
        "organisation's.",
    ),
    Reason.OWNER_NOT_ELIGIBLE: Translation(
        "目前不能由您持有该公众账号，如有疑问请联系客服。",
        "You cannot own this public account now. Please contact support if you have questions.",
    ),
    Reason.KIND_DIFFERS: Translation(
        "公众账号只能转让给同类主体：个人、企业或其他单位。",
        "A public account can be handed over only to an owner of the same kind: a person, a company or "
        "another organisation.",
    ),
    Reason.TRANSFER_NOT_OFFERED: Translation(
        "该公众账号没有转让给您的有效邀约，邀约在14天内有效。",
        "There is no valid offer of this public account to you. An offer is valid for 14 days.",
    ),
    Reason.ASSIGNEE_CHANGED: Translation(
        "该举报已由其他审核员处理，请刷新页面后查看。",
        "Another moderator works on this report. Please reload the page to see who.",
    ),
    Reason.ILLEGAL_TRANSITION: Translation(
        "当前状态下不能进行此操作，请刷新页面后查看最新状态。",
        "This is not possible in the present state. Please reload the page to see what changed.",
    ),
    Reason.LOG_UNAVAILABLE: Translation(
        "服务暂时不可用，请稍后再试。",
        "The service is not available right now. Please try again later.",
    ),
    Reason.STORE_UNAVAILABLE: Translation(
        "服务暂时不可用，请稍后再试。",
        "The service is not available right now. Please try again later.",
    ),
    Reason.RECORD_DAMAGED: Translation(
        "系统数据异常，请联系客服处理。",
        "Stored data is damaged. Please contact support.",
    ),
    Reason.SLOW_CONSUMER: Translation(
        "读取过慢，连接已断开，请从上次的位置继续。",
        "Reading was too slow and the stream was ended. Please resume from the last cursor.",
    ),
    Reason.STREAM_ENDED: Translation(
        "服务正在重启，请从上次的位置继续。",
        "The server is stopping. Please resume from the last cursor.",
    ),
}

FAILURE_TEXTS: Mapping[FailureReason, Translation] = {
    FailureReason.UNSPECIFIED: Translation(
        "实名认证未通过，请稍后再试。",
        "The verification did not succeed. Please try again later.",
    ),
    FailureReason.MISMATCH: Translation(
        "姓名（名称）与证件号码不一致，请核对后重新提交。",
        "Name and document number do not belong together. Please check both and submit again.",
    ),
    FailureReason.NO_RECORD: Translation(
        "未查询到该证件的登记信息，请核对后重试，或向证件签发机关咨询。",
        "No record of this document was found. Please check it, or ask the authority that issued it.",
    ),
    FailureReason.ACCOUNT_LIMIT_REACHED: Translation(
        "您在本平台认证的账号数量已达上限，请先注销不再使用的账号。",
        "You have reached the limit of verified accounts here. Please close one first.",
    ),
    FailureReason.PERSON_CLOSED: Translation(
        "您在本平台的账号已被关闭，处置期间不能认证其他账号。处置理由、期限和申诉方式见发送至该账号的处置通知。",
        "An account of yours was closed here, and while that decision applies you cannot verify another one. "
        "The notice sent to that account says why, until when, and how you can appeal.",
    ),
    FailureReason.DIFFERENT_OWNER: Translation(
        "填写的身份与该账号原认证的身份不一致，请使用本人账号办理。",
        "This account was verified for somebody else. Please use your own account.",
    ),
    FailureReason.REGISTRY_TIMED_OUT: Translation(
        "实名核验系统长时间未返回结果，请重新提交认证。",
        "The registry gave no answer in time. Please submit the form again.",
    ),
    FailureReason.SUPERSEDED: Translation(
        "您已提交了新的认证申请，请以新的申请结果为准。",
        "You submitted a newer form for this account. Only its result is valid.",
    ),
    FailureReason.SANCTIONED: Translation(
        "审核期间该账号被处置，本次认证未生效。处置理由、期限和申诉方式见处置通知。",
        "This account was sanctioned while the form was being checked, so it could not be verified. The "
        "notice that you received says why, until when, and how you can appeal.",
    ),
    FailureReason.ERASED: Translation(
        "该账号已注销，本次认证未生效。",
        "This account was erased while the form was being checked, so it could not be verified.",
    ),
}

FIELD_TEXTS: Mapping[str, Translation] = {
    FieldCode.LENGTH: Translation(
        "长度不正确，请检查是否多填或漏填。",
        "The length is wrong: please check for missing or extra characters.",
    ),
    FieldCode.CHARACTER: Translation(
        "含有不允许的字符，请检查后重新填写。", "This contains a character that is not allowed here."
    ),
    FieldCode.CHECK_DIGIT: Translation(
        "号码有误，校验位不符，请逐位核对。", "The number has a typing error: its check digit does not match."
    ),
    FieldCode.BIRTH_DATE: Translation(
        "号码中的出生日期不正确，请核对。", "The birth date in the number is not valid."
    ),
    FieldCode.REGION: Translation(
        "号码中的地区代码不正确，请核对。", "The region code in the number is not valid."
    ),
    FieldCode.FUTURE_DATE: Translation("日期晚于当前日期，请核对。", "The date is in the future."),
    FieldCode.REQUIRED: Translation("此项为必填项。", "This is required."),
}

STANDING_TEXTS: Mapping[Standing, Translation] = {
    Standing.GOOD: Translation("账号状态正常。", "There is no restriction on this account."),
    Standing.WARNED: Translation(
        "您的账号收到一次警告，目前可以正常使用。警告理由、期限和申诉方式见处置通知。",
        "This account was warned; you can go on using it. The notice says why, until when, and how you can "
        "appeal.",
    ),
    Standing.PUBLISHING_LIMITED: Translation(
        "您的账号发布信息受到限制。限制理由、期限和申诉方式见处置通知。",
        "Publishing from this account is limited. The notice says why, until when, and how you can appeal.",
    ),
    Standing.RENEWAL_SUSPENDED: Translation(
        "您的账号已暂停发布新内容，暂停期间不能续期认证。暂停理由、期限和申诉方式见处置通知。",
        "This account can publish nothing new, and its verification cannot be renewed for now. The notice "
        "says why, until when, and how you can appeal.",
    ),
    Standing.CLOSED: Translation(
        "您的账号已被关闭。关闭理由、期限和申诉方式见处置通知。",
        "This account is closed. The notice says why, until when, and how you can appeal.",
    ),
}

FOLLOWED = Translation(
    "这是针对您本人的处置，因此也适用于您在本平台的其他账号。处置理由、期限和申诉方式见发送至被处置账号的通知。",
    "This follows from a decision about you, which also applies to your other accounts here. The notice sent "
    "to the account that it names says why, until when, and how you can appeal.",
)

# The fields that a person types. The backend sets all others, where only the reason helps the person.
TYPED_FIELDS = frozenset({"real_name", "organization_name", "document.number"})


def reason_text(reason: str | None, *, language: str) -> str:
    """Return the text of a reason; a general text for None or an unknown reason."""
    return REASON_TEXTS.get(reason or "", UNKNOWN).in_language(language)


def standing_text(standing: Standing, *, language: str) -> str:
    """Return what to tell the owner of an account about its standing."""
    return STANDING_TEXTS[standing].in_language(language)


def followed_text(*, language: str) -> str:
    """Return what to add for the owner of an account whose standing has no sanction of its own."""
    return FOLLOWED.in_language(language)


def field_text(field: str, code: str, *, reason: str | None, language: str) -> str:
    """Return what to show beside a field of the form."""
    if field in TYPED_FIELDS and code in FIELD_TEXTS:
        return FIELD_TEXTS[code].in_language(language)
    return reason_text(reason, language=language)
