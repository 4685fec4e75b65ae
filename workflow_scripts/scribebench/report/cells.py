"""How figures stand in a report: a dash is unknown, every share has its interval and n."""

from scribebench.grading.attribution import Share
from scribebench.report.figures import Spread

DASH = "–"


def format_time(time_s: float) -> str:
    """Return 01:20 or 1:01:20."""
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes:02d}:{seconds:02d}"


def format_spread(value: Spread | None, digits: int = 1) -> str:
    """Return the median with its ends, or a dash when nothing is known."""
    if value is None:
        return DASH
    if value.n == 1:
        return f"{value.median:.{digits}f}"
    return f"{value.median:.{digits}f} ({value.low:.{digits}f}{DASH}{value.high:.{digits}f})"


def format_share(share: float) -> str:
    """Return a whole percentage, and no 0 % of what is not 0."""
    return f"{100 * share:.0f} %" if share >= 0.01 or not share else "<1 %"


def format_interval(share: Share) -> str:
    """Return a share with its 95 % interval and n, or a dash when nothing could be judged."""
    if share.share is None:
        return DASH
    ends = f"{100 * share.low:.0f}{DASH}{100 * share.high:.0f} %"
    return f"{100 * share.share:.0f} % ({ends}, n {share.n})"
