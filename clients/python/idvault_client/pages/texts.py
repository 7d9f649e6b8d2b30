"""The texts that the hosted pages and the consoles share, in Chinese and English."""

from collections.abc import Mapping

from idvault_client.reasons import Translation

SHARED: Mapping[str, Translation] = {
    "error_title": Translation("有内容需要更正", "There is a problem"),
    "error_prefix": Translation("错误：", "Error: "),
    "skip": Translation("跳到正文", "Skip to main content"),
    "switch": Translation("English", "中文"),
    "not_repeated": Translation(
        "为保护您的信息，页面不会再次显示您填写的内容，请重新填写。",
        "To protect you, this page does not show what you typed. Please type it again.",
    ),
    "refused_title": Translation("无法显示此页面", "This page cannot be shown"),
    "busy": Translation("访问过于频繁，请稍后再试。", "Too many requests. Please try again in a moment."),
    "not_found": Translation("页面不存在。", "There is no such page."),
    "too_large": Translation("提交的内容过大。", "What was sent is too large."),
    "too_slow": Translation("提交超时，请重试。", "Sending took too long. Please try again."),
}
