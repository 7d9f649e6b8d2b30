// Reasons, texts and settings of the Python client. Made by scripts/gen_node.py; do not edit.

export const REASONS = {
  "INVALID_MESSAGE": {
    "error": "InvalidFields",
    "zh": "提交的内容无法识别，请刷新页面后重新提交。",
    "en": "Your submission could not be read. Please reload the page and submit again."
  },
  "TOO_MANY_ITEMS": {
    "error": "InvalidFields",
    "zh": "一次查询的数量过多，请减少数量后再试。",
    "en": "Too many items were requested at once. Please request fewer."
  },
  "INVALID_NAME": {
    "error": "InvalidFields",
    "zh": "姓名格式不正确，请填写与身份证件一致的姓名。",
    "en": "The name is not valid. Please enter it exactly as on your identity document."
  },
  "INVALID_DOCUMENT_NUMBER": {
    "error": "InvalidFields",
    "zh": "证件号码不正确，请对照证件核对后重新填写。",
    "en": "The document number is not valid. Please check it against your document."
  },
  "UNSUPPORTED_DOCUMENT": {
    "error": "InvalidFields",
    "zh": "暂不支持该类型的证件，请更换其他证件。",
    "en": "This kind of document is not accepted yet. Please use another one."
  },
  "CONSENT_MISSING": {
    "error": "InvalidFields",
    "zh": "请先阅读并同意用户协议和个人信息处理规则。",
    "en": "Please read and accept the terms and the privacy notice first."
  },
  "INVALID_REQUEST_ID": {
    "error": "InvalidFields",
    "zh": "请求编号无效，请刷新页面后重新提交。",
    "en": "The request is not valid. Please reload the page and submit again."
  },
  "INVALID_ACCOUNT_TOKEN": {
    "error": "InvalidFields",
    "zh": "账号标识无效，请重新登录后再试。",
    "en": "The account is not valid. Please sign in again and retry."
  },
  "REQUEST_ID_REUSED": {
    "error": "RequestIdReused",
    "zh": "该申请已提交过，如需修改信息请重新填写并提交。",
    "en": "This form was already submitted. To change something, please start a new one."
  },
  "ACCOUNT_NOT_FOUND": {
    "error": "NotFound",
    "zh": "未找到该账号。",
    "en": "The account was not found."
  },
  "REQUEST_NOT_FOUND": {
    "error": "NotFound",
    "zh": "未找到该认证申请，请重新提交。",
    "en": "The verification request was not found. Please submit it again."
  },
  "SANCTION_NOT_FOUND": {
    "error": "NotFound",
    "zh": "未找到该处置记录。",
    "en": "This decision was not found."
  },
  "MODERATOR_NOT_FOUND": {
    "error": "NotFound",
    "zh": "该审核员尚未登记，请先登记其密钥。",
    "en": "This moderator is not registered. Please register the key first."
  },
  "SESSION_NOT_FOUND": {
    "error": "NotFound",
    "zh": "链接已失效，或换了浏览器打开。请回到应用重新获取链接。",
    "en": "This link is not valid, or it belongs to another browser. Please go back to the app for a new one."
  },
  "VERIFICATION_NOT_FOUND": {
    "error": "NotFound",
    "zh": "未找到该次认证或其回执。",
    "en": "This verification, or its receipt, was not found."
  },
  "CONTEST_NOT_FOUND": {
    "error": "NotFound",
    "zh": "未找到该异议。",
    "en": "This contest was not found."
  },
  "REINSTATEMENT_NOT_FOUND": {
    "error": "NotFound",
    "zh": "未找到该申诉。",
    "en": "This appeal was not found."
  },
  "APPEAL_NOT_FOUND": {
    "error": "NotFound",
    "zh": "未找到该申诉。",
    "en": "This appeal was not found."
  },
  "CONTENT_MEASURE_NOT_FOUND": {
    "error": "NotFound",
    "zh": "没有该编号的内容措施。",
    "en": "There is no measure on content with this id."
  },
  "ORDER_NOT_FOUND": {
    "error": "NotFound",
    "zh": "未找到该指令，请先登记。",
    "en": "This order is not recorded."
  },
  "AUTHORITY_NOT_FOUND": {
    "error": "NotFound",
    "zh": "没有该名称的主管部门。",
    "en": "No authority of this name is registered."
  },
  "REFERRAL_NOT_FOUND": {
    "error": "NotFound",
    "zh": "没有该编号的移送举报。",
    "en": "No report was referred under this id."
  },
  "OPERATION_NOT_FOUND": {
    "error": "NotFound",
    "zh": "未找到该专项行动。",
    "en": "This operation was not found."
  },
  "TEMPLATE_NOT_FOUND": {
    "error": "NotFound",
    "zh": "没有这个模板。",
    "en": "This template was not found."
  },
  "PUBLIC_ACCOUNT_NOT_FOUND": {
    "error": "NotFound",
    "zh": "未找到该公众账号。",
    "en": "This public account was not found."
  },
  "PLATFORM_NOT_FOUND": {
    "error": "NotFound",
    "zh": "未找到该平台。",
    "en": "This platform was not found."
  },
  "TIP_OFF_NOT_FOUND": {
    "error": "NotFound",
    "zh": "举报编号或查询密码不正确，请核对后重新输入。",
    "en": "The number or the secret is not correct. Please check both and try again."
  },
  "REPORTER_NOT_FOUND": {
    "error": "NotFound",
    "zh": "未找到该举报人记录。",
    "en": "This reporter was not found."
  },
  "ERASURE_NOT_FOUND": {
    "error": "NotFound",
    "zh": "该账号没有注销申请。",
    "en": "The erasure of this account was never requested."
  },
  "REVIEW_NOT_FOUND": {
    "error": "NotFound",
    "zh": "未找到这次证件核验。",
    "en": "This review of a document was not found."
  },
  "TOO_MANY_ATTEMPTS": {
    "error": "TooManyAttempts",
    "zh": "认证失败次数过多，请稍后再试。",
    "en": "Too many failed attempts. Please try again later."
  },
  "TOO_MANY_REVIEWS": {
    "error": "Exhausted",
    "zh": "该证件核验员今日签名的证件已达上限，可由其他证件核验员签名。",
    "en": "This reviewer has signed as many documents as one day allows. Another reviewer can sign this one."
  },
  "REGISTRY_BACKLOG": {
    "error": "RegistryBacklog",
    "zh": "当前办理实名认证的人数较多，请稍后再试。",
    "en": "Many people are being verified right now. Please try again later."
  },
  "CREDENTIAL_QUOTA_REACHED": {
    "error": "Exhausted",
    "zh": "今天的凭证数量已达上限，请明天再试。",
    "en": "No more credentials can be issued today. Please try again tomorrow."
  },
  "TIP_OFF_LIMIT_REACHED": {
    "error": "Exhausted",
    "zh": "您今天提交的举报已达上限，请明天再提交。",
    "en": "You have filed as many reports as one day allows. Please file this one tomorrow."
  },
  "ACCESS_DENIED": {
    "error": "AccessDenied",
    "zh": "无权执行此操作。",
    "en": "You are not allowed to do this."
  },
  "SECOND_FACTOR_REFUSED": {
    "error": "SecondFactorRefused",
    "zh": "动态验证码错误或已失效，请输入最新的验证码。",
    "en": "The code is wrong or was already used. Please enter the current one."
  },
  "SECOND_FACTOR_LOCKED": {
    "error": "SecondFactorRefused",
    "zh": "验证码错误次数过多，双重验证已被暂时锁定，请稍后再试。",
    "en": "Too many wrong codes. The second factor is locked for a while; please try again later."
  },
  "SELF_APPROVAL": {
    "error": "AccessDenied",
    "zh": "不能审批自己提交的申请，也不能复核自己作出的处置，请由其他人员办理。",
    "en": "You cannot decide on your own request or on your own decision. Another person must decide."
  },
  "DISCLOSURE_EXPIRED": {
    "error": "PreconditionFailed",
    "zh": "该调阅申请已过期，请重新申请。",
    "en": "The disclosure request has expired. Please make a new one."
  },
  "QUORUM_INVALID": {
    "error": "PreconditionFailed",
    "zh": "保管人组无效，请联系运营方核对保管人名册。",
    "en": "The custodians' quorum is not valid. Please ask the operator to check the roster."
  },
  "ROSTER_INVALID": {
    "error": "PreconditionFailed",
    "zh": "人员名册或其签名无效，请联系运营方。",
    "en": "The roster or one of its signatures is not valid. Please contact the operator."
  },
  "ACCOUNT_CLOSED": {
    "error": "PreconditionFailed",
    "zh": "该账号已被关闭，关闭期间无法办理实名认证。关闭理由、期限和申诉方式见处置通知。",
    "en": "This account is closed and cannot be verified. The notice that you received says why, until when, and how you can appeal."
  },
  "ACCOUNT_ERASED": {
    "error": "PreconditionFailed",
    "zh": "该账号已注销，不能再次认证。",
    "en": "The identity of this account was erased; it cannot be verified again."
  },
  "RECORD_VERSION_GONE": {
    "error": "PreconditionFailed",
    "zh": "封存身份信息的这一版本已被销毁，或从未存在。",
    "en": "This version of the sealed identity is destroyed, or never was."
  },
  "PERSON_UNKNOWN": {
    "error": "PreconditionFailed",
    "zh": "该账号尚未通过实名认证，无法对其所有人作出处置，请先处置该账号本身。",
    "en": "The owner of this account has not been verified, so only the account itself can be sanctioned."
  },
  "RENEWAL_SUSPENDED": {
    "error": "PreconditionFailed",
    "zh": "该账号已被暂停实名认证续期，期间不能重新认证。暂停理由、期限和申诉方式见处置通知。",
    "en": "The verification of this account cannot be renewed for now. The notice that you received says why, until when, and how you can appeal."
  },
  "MODERATOR_REVOKED": {
    "error": "PreconditionFailed",
    "zh": "该审核员的密钥已被吊销，不能再作出决定，请由其他审核员办理。",
    "en": "This moderator's key was revoked and can decide nothing more. Another moderator must decide."
  },
  "MODERATORS_TOO_FEW": {
    "error": "PreconditionFailed",
    "zh": "审核员不足两名，须由运营方指定。",
    "en": "With fewer than two moderators, the operator names the next."
  },
  "MODERATORS_SUFFICE": {
    "error": "PreconditionFailed",
    "zh": "已有两名审核员，须由其会签登记。",
    "en": "There are two moderators, who countersign the next one."
  },
  "SESSION_EXPIRED": {
    "error": "PreconditionFailed",
    "zh": "链接已过期（有效期15分钟）。请回到应用重新获取链接。",
    "en": "This link has expired: it is valid for 15 minutes. Please go back to the app for a new one."
  },
  "SESSION_TAKEN": {
    "error": "PreconditionFailed",
    "zh": "该链接已在另一个浏览器中打开，只能使用一次。请回到应用重新获取链接。",
    "en": "This link was opened in another browser, and works only once. Please go back to the app for a new one."
  },
  "CONTEST_EXISTS": {
    "error": "PreconditionFailed",
    "zh": "您已对该次认证提出过异议。",
    "en": "You have already said of this verification that it was not you."
  },
  "REINSTATEMENT_EXISTS": {
    "error": "PreconditionFailed",
    "zh": "已对此次撤销认证提出过申诉。",
    "en": "The withdrawal of this verification was appealed already."
  },
  "REINSTATEMENT_TOO_LATE": {
    "error": "PreconditionFailed",
    "zh": "已超过对此次撤销认证提出申诉的期限。您可以重新认证该账号。",
    "en": "The withdrawal of this verification can no longer be appealed. You can verify the account again."
  },
  "DISAVOWAL_NOT_FOUND": {
    "error": "NotFound",
    "zh": "没有该账号的非本人声明。",
    "en": "There is no such disowned account."
  },
  "LIST_NOT_READY": {
    "error": "PreconditionFailed",
    "zh": "名下账号清单尚不能查看，或已过查看期限。",
    "en": "The list of your accounts cannot be read yet, or any more."
  },
  "PAGES_NOT_SERVED": {
    "error": "PreconditionFailed",
    "zh": "暂不提供网页实名认证，请在应用内办理。",
    "en": "Verification by web page is not available here. Please use the app."
  },
  "PROOF_NOT_OFFERED": {
    "error": "PreconditionFailed",
    "zh": "此处不提供这种身份证明方式，请联系平台客服。",
    "en": "This way of proving who you are is not available here. Please contact the platform's support."
  },
  "PROOF_OPEN": {
    "error": "PreconditionFailed",
    "zh": "您在核验机构的操作尚未完成，请先前往办理。",
    "en": "You have not finished at the provider yet. Please go there first."
  },
  "PROOF_REFUSED": {
    "error": "PreconditionFailed",
    "zh": "核验机构未能确认是您本人：您已取消，或其答复过迟、无法使用。请重试。",
    "en": "The provider did not confirm you: you cancelled there, or its answer came too late or cannot be used. Please try again."
  },
  "APPEAL_EXISTS": {
    "error": "PreconditionFailed",
    "zh": "对该处置已经提出过申诉，每项处置只能申诉一次。申诉结果会另行通知。",
    "en": "An appeal against this decision was filed already; each decision can be appealed once. You will be told the outcome."
  },
  "SANCTION_NEVER_IN_FORCE": {
    "error": "PreconditionFailed",
    "zh": "该处置未曾生效，无需申诉。",
    "en": "This decision never took effect, so there is nothing to appeal."
  },
  "APPEAL_TOO_LATE": {
    "error": "PreconditionFailed",
    "zh": "申诉期限已过，不能再提出申诉。如有疑问请联系客服。",
    "en": "The time for an appeal is over. Contact support if you have questions."
  },
  "OPERATION_CLOSED": {
    "error": "PreconditionFailed",
    "zh": "该专项行动已结束，不能再纳入新的处置或举报。",
    "en": "This operation is closed; no new sanction or report can belong to it."
  },
  "ORDER_WITHDRAWN": {
    "error": "PreconditionFailed",
    "zh": "主管部门已撤回该指令，不得再以其名义处置。",
    "en": "The authority has withdrawn this order; nothing may be done in its name."
  },
  "ACCOUNT_NOT_VERIFIED": {
    "error": "PreconditionFailed",
    "zh": "该账号尚未通过实名认证或认证已过期，请先完成认证。",
    "en": "This account is not verified, or its verification has expired. Please verify it first."
  },
  "ASSURANCE_MISSING": {
    "error": "PreconditionFailed",
    "zh": "此项业务需要另一种方式的认证。请按所要求的方式重新认证。",
    "en": "This needs a verification of another kind than this account has. Please verify again in the way that is asked for."
  },
  "RENEWAL_TOO_EARLY": {
    "error": "PreconditionFailed",
    "zh": "尚未到续期时间，请在到期前60天内办理。",
    "en": "It is too early to renew. You can renew in the 60 days before the end of the term."
  },
  "PUBLIC_ACCOUNT_NOT_LIVE": {
    "error": "PreconditionFailed",
    "zh": "该公众账号目前未处于有效状态，不能办理此项业务。",
    "en": "This public account is not active now, so this cannot be done."
  },
  "SANCTION_OPEN": {
    "error": "PreconditionFailed",
    "zh": "该公众账号或其所属账号有处置、待确认的处置或申诉尚未结束，结束前不能转让或关闭。",
    "en": "A sanction, a proposed one or an appeal is still open. Until it ends, this public account can be neither handed over nor closed."
  },
  "NARROWING_NOT_DUE": {
    "error": "PreconditionFailed",
    "zh": "该处置不涉及他人，无需限缩。",
    "en": "This decision concerns nobody else, so there is nothing to narrow."
  },
  "OPERATOR_NOT_ELIGIBLE": {
    "error": "PreconditionFailed",
    "zh": "公众账号的运营者须为已认证且未被暂停的个人账号，且该公众账号须属于单位。",
    "en": "An operator of a public account must be a person's verified account that is not suspended, and the public account an organisation's."
  },
  "OWNER_NOT_ELIGIBLE": {
    "error": "PreconditionFailed",
    "zh": "目前不能由您持有该公众账号，如有疑问请联系客服。",
    "en": "You cannot own this public account now. Please contact support if you have questions."
  },
  "KIND_DIFFERS": {
    "error": "PreconditionFailed",
    "zh": "公众账号只能转让给同类所有人：个人、企业或其他单位。",
    "en": "A public account can be handed over only to an owner of the same kind: a person, a company or another organisation."
  },
  "TRANSFER_NOT_OFFERED": {
    "error": "PreconditionFailed",
    "zh": "没有向您转让该公众账号的有效提议，转让提议14天内有效。",
    "en": "There is no valid offer of this public account to you. An offer is valid for 14 days."
  },
  "ASSIGNEE_CHANGED": {
    "error": "PreconditionFailed",
    "zh": "该举报正由其他审核员处理，请刷新页面后查看。",
    "en": "Another moderator works on this report. Please reload the page to see who."
  },
  "CONTACT_NOT_PROVED": {
    "error": "PreconditionFailed",
    "zh": "验证码错误或已失效，请重新获取。",
    "en": "The code is wrong or no longer valid. Please ask for a new one."
  },
  "PROPOSAL_OPEN": {
    "error": "PreconditionFailed",
    "zh": "该举报的处理决定正等待另一位审核员确认。如需另作处理，请先撤回。",
    "en": "A decision on this report waits for a second moderator. To decide otherwise, withdraw it first."
  },
  "REFERRAL_OPEN": {
    "error": "PreconditionFailed",
    "zh": "该举报已移送主管部门，尚未答复。在其答复或期限届满之前，不能作其他处理。",
    "en": "This report was referred to an authority, which has not answered. Until it does, or its days have passed, nothing else can be decided."
  },
  "ILLEGAL_TRANSITION": {
    "error": "PreconditionFailed",
    "zh": "当前状态下不能进行此操作，请刷新页面后查看最新状态。",
    "en": "This is not possible in the present state. Please reload the page to see what changed."
  },
  "LOG_UNAVAILABLE": {
    "error": "Unavailable",
    "zh": "服务暂时不可用，请稍后再试。",
    "en": "The service is not available right now. Please try again later."
  },
  "STORE_UNAVAILABLE": {
    "error": "Unavailable",
    "zh": "服务暂时不可用，请稍后再试。",
    "en": "The service is not available right now. Please try again later."
  },
  "PROVIDER_UNAVAILABLE": {
    "error": "Unavailable",
    "zh": "核验机构暂时没有响应，请稍后再试。",
    "en": "The provider does not answer at the moment. Please try again later."
  },
  "RECORD_DAMAGED": {
    "error": "RecordDamaged",
    "zh": "系统数据异常，请联系客服处理。",
    "en": "Stored data is damaged. Please contact support."
  },
  "SLOW_CONSUMER": {
    "error": "Exhausted",
    "zh": "读取过慢，连接已断开，请从上次的位置继续。",
    "en": "Reading was too slow and the stream was ended. Please resume from the last cursor."
  },
  "STREAM_ENDED": {
    "error": "Unavailable",
    "zh": "服务正在停止，请从上次的位置继续。",
    "en": "The server is stopping. Please resume from the last cursor."
  }
} as const;

export const FAILURES = {
  "UNSPECIFIED": {
    "zh": "实名认证未通过，请稍后再试。",
    "en": "The verification did not succeed. Please try again later."
  },
  "MISMATCH": {
    "zh": "姓名（名称）与证件号码不一致，请核对后重新提交。",
    "en": "Name and document number do not belong together. Please check both and submit again."
  },
  "NO_RECORD": {
    "zh": "未查询到该证件的登记信息，请核对后重试，或向证件签发机关咨询。",
    "en": "No record of this document was found. Please check it, or ask the authority that issued it."
  },
  "ACCOUNT_LIMIT_REACHED": {
    "zh": "您在本平台认证的账号数量已达上限，请先注销不再使用的账号。",
    "en": "You have reached the limit of verified accounts here. Please erase one first."
  },
  "PERSON_CLOSED": {
    "zh": "您在本平台的账号已被关闭，处置期间不能认证其他账号。处置理由、期限和申诉方式见发送至该账号的处置通知。",
    "en": "An account of yours was closed here, and while that decision applies you cannot verify another one. The notice sent to that account says why, until when, and how you can appeal."
  },
  "DIFFERENT_OWNER": {
    "zh": "填写的身份与该账号原认证的身份不一致，请使用本人账号办理。",
    "en": "This account was verified for somebody else. Please use your own account."
  },
  "REGISTRY_TIMED_OUT": {
    "zh": "登记系统长时间未返回结果，请重新提交认证。",
    "en": "The registry gave no answer in time. Please submit the form again."
  },
  "SUPERSEDED": {
    "zh": "您已提交了新的认证申请，请以新的申请结果为准。",
    "en": "You submitted a newer form for this account. Only its result is valid."
  },
  "SANCTIONED": {
    "zh": "核验期间该账号被处置，本次认证未生效。处置理由、期限和申诉方式见处置通知。",
    "en": "This account was sanctioned while the form was being checked, so it could not be verified. The notice that you received says why, until when, and how you can appeal."
  },
  "ERASED": {
    "zh": "该账号已注销，本次认证未生效。",
    "en": "This account was erased while the form was being checked, so it could not be verified."
  },
  "REVOKED": {
    "zh": "核验期间，该账号的实名认证已被撤销。请重新提交。",
    "en": "The verification of this account was withdrawn while the form was being checked. Please submit it again."
  },
  "HOLDER_REQUIRED": {
    "zh": "曾有他人在此以您的身份通过认证，该认证已被撤销。撤销后180天内，仅以这种方式无法在此认证。请联系客服证明是您本人。",
    "en": "Somebody else was verified here as you, and that was withdrawn. For 180 days after it, this way of verifying does not suffice. Please contact support to prove that it is you."
  },
  "ORGANIZATION_NOT_OPERATING": {
    "zh": "登记系统答复该单位已不存续：已注销登记，或被吊销执照。",
    "en": "The registry says that this organisation does not operate: it was deregistered, or its licence was revoked."
  },
  "ELEMENT_MISMATCH": {
    "zh": "单位名称、代码与法定代表人信息不一致。请逐项核对。",
    "en": "The name, the code and the legal representative of the organisation do not all belong together. Please check all of them."
  },
  "REPRESENTATIVE_PENDING": {
    "zh": "登记系统已确认该单位。请其法定代表人在14日内通过平台另行提供的链接完成本人核验。",
    "en": "The registry has confirmed the organisation. Now its legal representative must prove within 14 days to be present, by a link that the platform gives you for it."
  },
  "GUARDIAN_REQUIRED": {
    "zh": "该用户未满14周岁。请在本应用打开的页面上，与家长或监护人一起完成认证。",
    "en": "This person is under 14. Please verify on the page that this app opens, together with a parent or another responsible adult."
  },
  "OTHER_PROOF": {
    "zh": "此账号此前以另一种方式通过认证，请使用与之前相同的方式重新认证。",
    "en": "This account was verified in another way. Please verify it again in the same way as before."
  }
} as const;

export const FIELDS = {
  "LENGTH": {
    "zh": "长度不正确，请检查是否多填或漏填。",
    "en": "The length is wrong: please check for missing or extra characters."
  },
  "CHARACTER": {
    "zh": "含有不允许的字符，请检查后重新填写。",
    "en": "This contains a character that is not allowed here."
  },
  "CHECK_DIGIT": {
    "zh": "号码有误，校验位不符，请逐位核对。",
    "en": "The number has a typing error: its check digit does not match."
  },
  "BIRTH_DATE": {
    "zh": "号码中的出生日期不正确，请核对。",
    "en": "The birth date in the number is not valid."
  },
  "REGION": {
    "zh": "号码中的地区代码不正确，请核对。",
    "en": "The region code in the number is not valid."
  },
  "FUTURE_DATE": {
    "zh": "日期晚于当前日期，请核对。",
    "en": "The date is in the future."
  },
  "REQUIRED": {
    "zh": "此项为必填项。",
    "en": "This is required."
  },
  "RESIDENT_NUMBER": {
    "zh": "居民身份号码不由人工核验：请通过登记系统核对姓名与号码是否一致。",
    "en": "A resident number is never reviewed: the registry is asked whether name and number belong together."
  },
  "OTHER_DOCUMENT": {
    "zh": "姓名或证件与第一位证件核验员所读不一致。请重新核对，并按证件原样填写。",
    "en": "Name or document are not what the first reviewer read. Read them again, and enter both as they stand in the document."
  }
} as const;

export const STANDINGS = {
  "GOOD": {
    "zh": "该账号没有受到限制。",
    "en": "There is no restriction on this account."
  },
  "WARNED": {
    "zh": "您的账号收到一次警告，目前可以正常使用。警告理由、期限和申诉方式见处置通知。",
    "en": "This account was warned; you can go on using it. The notice says why, until when, and how you can appeal."
  },
  "PUBLISHING_LIMITED": {
    "zh": "您的账号发布信息受到限制。限制理由、期限和申诉方式见处置通知。",
    "en": "Publishing from this account is limited. The notice says why, until when, and how you can appeal."
  },
  "RENEWAL_SUSPENDED": {
    "zh": "您的账号已暂停发布新内容，暂停期间不能续期认证。暂停理由、期限和申诉方式见处置通知。",
    "en": "This account can publish nothing new, and its verification cannot be renewed for now. The notice says why, until when, and how you can appeal."
  },
  "CLOSED": {
    "zh": "您的账号已被关闭。关闭理由、期限和申诉方式见处置通知。",
    "en": "This account is closed. The notice says why, until when, and how you can appeal."
  }
} as const;

export const REJECTIONS = {
  "INCOMPLETE": {
    "zh": "申请材料不齐全，请补充后重新申请。",
    "en": "Something is missing in the application. Please complete it and apply again."
  },
  "NAME_NOT_PERMITTED": {
    "zh": "该公众账号名称不能使用，请更换名称后重新申请。",
    "en": "This name cannot be used for a public account. Please choose another one and apply again."
  },
  "CONTENT_NOT_PERMITTED": {
    "zh": "申请发布的内容不符合本平台规则，请调整后重新申请。",
    "en": "What the public account would publish is against the rules here. Please change it and apply again."
  },
  "LICENCE_NOT_VALID": {
    "zh": "提交的许可证无效或已过期，请核对后重新申请，或不填写许可证申请。",
    "en": "The licence is not valid or has run out. Please check it and apply again, or apply without one."
  },
  "OWNER_NOT_ELIGIBLE": {
    "zh": "目前不能由您持有该公众账号，如有疑问请联系客服。",
    "en": "You cannot own this public account now. Please contact support if you have questions."
  },
  "OTHER": {
    "zh": "申请未获通过，理由见通知。您可以按通知修改后重新申请。",
    "en": "The application was rejected; the notice says why. You can change it accordingly and apply again."
  }
} as const;

export const GROUNDS = {
  "ILLEGAL": {
    "zh": "相关内容或行为被认定违反法律法规",
    "en": "what was done breaks the law"
  },
  "AGAINST_TERMS": {
    "zh": "相关内容或行为违反本平台的用户协议",
    "en": "what was done breaks the terms of this platform"
  }
} as const;

export const CATEGORIES = {
  "RUMOUR": {
    "zh": "传播谣言或未经证实的消息",
    "en": "spreading rumours or unproved news"
  },
  "VIOLENCE": {
    "zh": "宣扬或威胁使用暴力",
    "en": "glorifying or threatening violence"
  },
  "TERRORISM": {
    "zh": "宣扬恐怖主义或极端主义",
    "en": "promoting terrorism or extremism"
  },
  "PORNOGRAPHY": {
    "zh": "传播淫秽色情信息",
    "en": "spreading pornography"
  },
  "FRAUD": {
    "zh": "诈骗或骗取他人财物",
    "en": "fraud, or tricking people out of money"
  },
  "NATIONAL_SECURITY": {
    "zh": "危害国家安全",
    "en": "endangering national security"
  },
  "IMPERSONATION": {
    "zh": "冒充他人或单位",
    "en": "posing as another person or organisation"
  },
  "PRIVACY": {
    "zh": "泄露他人隐私或个人信息",
    "en": "revealing private facts about somebody"
  },
  "OTHER": {
    "zh": "其他违规行为，详见处置通知",
    "en": "something else, which the notice describes"
  }
} as const;

export const WHY = {
  "zh": "原因：{ground}（{category}）。",
  "en": "The reason: {ground} ({category})."
} as const;

export const UNKNOWN = {
  "zh": "操作未能完成，请稍后再试。",
  "en": "This could not be completed. Please try again later."
} as const;

export const FOLLOWED = {
  "zh": "这是针对您本人的处置，因此也适用于您在本平台的其他账号。处置理由、期限和申诉方式见发送至被处置账号的通知。",
  "en": "This follows from a decision about you, which also applies to your other accounts here. The notice sent to the account that it names says why, until when, and how you can appeal."
} as const;

export const CODES = {
  "INVALID_ARGUMENT": "InvalidFields",
  "ALREADY_EXISTS": "RequestIdReused",
  "NOT_FOUND": "NotFound",
  "RESOURCE_EXHAUSTED": "Exhausted",
  "PERMISSION_DENIED": "AccessDenied",
  "UNAUTHENTICATED": "AccessDenied",
  "FAILED_PRECONDITION": "PreconditionFailed",
  "UNAVAILABLE": "Unavailable",
  "ABORTED": "Unavailable",
  "CANCELLED": "Unavailable",
  "DEADLINE_EXCEEDED": "DeadlineExceeded",
  "DATA_LOSS": "RecordDamaged"
} as const;

export type SubjectKind = "INDIVIDUAL" | "ORGANIZATION";

export type AccountState = "UNVERIFIED" | "PENDING" | "VERIFIED" | "REJECTED" | "EXPIRED" | "ERASED" | "REVOKED";

export type Standing = "GOOD" | "WARNED" | "PUBLISHING_LIMITED" | "RENEWAL_SUSPENDED" | "CLOSED";

export type Assurance = "NONE" | "REGISTRY_MATCH" | "DOCUMENT_SEEN" | "HOLDER" | "RESULT_ONLY";

export type OrganizationCategory = "STATE_ORGAN" | "INSTITUTION" | "MASS_ORGANIZATION" | "SOCIAL_ORGANIZATION" | "COMPANY" | "SOLE_TRADER" | "COOPERATIVE" | "OTHER";

export type ClaimState = "PENDING" | "SUCCEEDED" | "FAILED";

export type DocumentType = "RESIDENT_ID" | "RESIDENCE_PERMIT" | "FOREIGN_PERMANENT_RESIDENT" | "UNIFIED_SOCIAL_CREDIT_CODE" | "PASSPORT" | "MAINLAND_TRAVEL_PERMIT";

export const TYPED_FIELDS = [
  "document.number",
  "organization_name",
  "real_name"
] as const;

export const SERVICES = [
  "VerificationService",
  "ReviewService",
  "StatusService",
  "CampaignService",
  "SanctionService",
  "SessionService",
  "PublicAccountService",
  "TipOffService",
  "ErasureService",
  "UsageService"
] as const;

export const DEFAULT_TIMEOUT_MS = 5000;

export const AT_ONCE = 80;

export const CHANNEL_OPTIONS = {
  "grpc.service_config": "{\"loadBalancingConfig\": [{\"round_robin\": {}}], \"methodConfig\": [{\"name\": [{\"service\": \"idvault.v1.VerificationService\"}, {\"service\": \"idvault.v1.ReviewService\"}, {\"service\": \"idvault.v1.StatusService\"}, {\"service\": \"idvault.v1.CampaignService\"}, {\"service\": \"idvault.v1.SanctionService\"}, {\"service\": \"idvault.v1.SessionService\"}, {\"service\": \"idvault.v1.PublicAccountService\"}, {\"service\": \"idvault.v1.TipOffService\"}, {\"service\": \"idvault.v1.ErasureService\"}, {\"service\": \"idvault.v1.UsageService\"}], \"retryPolicy\": {\"maxAttempts\": 5, \"initialBackoff\": \"0.1s\", \"maxBackoff\": \"2s\", \"backoffMultiplier\": 2, \"retryableStatusCodes\": [\"UNAVAILABLE\", \"CANCELLED\"]}}], \"retryThrottling\": {\"maxTokens\": 100, \"tokenRatio\": 0.1}}",
  "grpc.service_config_disable_resolution": 1,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.enable_http_proxy": 0,
  "grpc.compression_enabled_algorithms_bitset": 1,
  "grpc.initial_reconnect_backoff_ms": 200,
  "grpc.max_reconnect_backoff_ms": 1000,
  "grpc.min_reconnect_backoff_ms": 5000,
  "grpc.keepalive_time_ms": 30000,
  "grpc.keepalive_timeout_ms": 5000,
  "grpc.http2.ping_timeout_ms": 5000
} as const;
