"""The texts that every console has, in Chinese and English."""

from collections.abc import Mapping

from idvault_client.pages.texts import SHARED
from idvault_client.reasons import Translation

CONSOLE: Mapping[str, Translation] = {
    **SHARED,
    "menu": Translation("菜单", "Menu"),
    "continue": Translation("继续", "Continue"),
    "back": Translation("返回", "Back"),
    "enter": Translation("进入控制台", "Open the console"),
    "end": Translation("结束会话", "End the session"),
    "ended_title": Translation("会话已结束", "The session has ended"),
    "ended_text": Translation(
        "密钥已从内存中移除。如需继续，请重新运行命令。",
        "Your keys are no longer in memory. To go on, run the command again.",
    ),
    "failed_title": Translation("未能完成", "This was not done"),
    "failed_text": Translation(
        "出现意外错误。请返回后重试；若仍失败，请使用命令行。",
        "Something unexpected failed. Go back and try again; if it fails again, use the command.",
    ),
    "outside": Translation(
        "本控制台只对打开它的浏览器开放，且入口只能使用一次。请重新运行命令，并打开它给出的文件。",
        "This console is open only to the browser that opened it, and its entrance works once. Run the "
        "command again, and open the file that it names.",
    ),
    "required": Translation("请填写此项", "Enter this"),
}
