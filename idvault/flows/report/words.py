"""The texts of reports and of the page of public supervision, in Chinese and English."""

from idvault.domain.report.figure import Title

REPORT = Title("透明度报告", "Transparency report")
PERIOD = Title("{first} 至 {last}（含首尾两日，{zone}）", "{first} to {last}, both included ({zone})")
MADE = Title("生成于 {made} UTC", "made on {made} UTC")
PUBLIC_LOG = Title("公开日志", "public log")
COUNTED = Title(
    "标有 ✓ 的数字由公开日志计数得出，直至第 {size} 条：任何人都可以重新计算。其余数字由服务方陈述。",
    "Numbers marked ✓ are counted from the public log, up to its entry {size}: anybody can recompute them. "
    "The other numbers are the operator's statement.",
)
SUPPRESSED = Title(
    "日志未显示的 1 至 4 之间的数字不予公布；为使其无法推算，同一分类中的其他数字有时也不公布。"
    "状态数向下取整到 5 的倍数。",
    "Numbers from 1 to 4 that the log does not tell are withheld, and sometimes others of the same list with "
    "them, so that they cannot be computed. Present numbers are rounded down to a multiple of 5.",
)
HIDDEN = Title("不公布", "withheld")
NO_BREAKDOWN = Title("只按整月公布", "told for whole months only")
AT_LEAST = Title("≥ {count}", "{count} or more")
FEWER = Title("少于 5", "fewer than 5")
HOURS = Title("中位数 {median} 小时，九成不超过 {p90} 小时", "median {median} h, nine of ten within {p90} h")
FIGURE, NUMBER = Title("项目", "figure"), Title("数量", "number")
CHECK = Title("自行验证", "Check it yourself")
CHECK_HOW = Title(
    "取得本报告的 JSON 文件和日志的公钥，然后运行：",
    "Take the JSON file of this report and the log's public key, and run:",
)
OTHER_LANGUAGE = Title("English", "中文")
DATA = Title("数据 (JSON)", "data (JSON)")
SUPERVISION = Title("公众监督", "Public supervision")
