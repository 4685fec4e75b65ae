"""How figures stand in a report: a dash is unknown, every share has its interval and n."""

from scribebench.grading.attribution import Share
from scribebench.report.evidence import Figure
from scribebench.report.figures import Spread
from scribebench.stats.bounded import Interval
from scribebench.stats.shares import clopper_pearson

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


def format_spread_of(value: Spread | None, digits: int = 1) -> str:
    """Return the median with its ends and how many values it is of, or a dash."""
    return DASH if value is None else f"{format_spread(value, digits)}, n {value.n}"


def format_share(share: float) -> str:
    """Return a whole percentage, and no 0 % of what is not 0."""
    return f"{100 * share:.0f} %" if share >= 0.01 or not share else "<1 %"


def format_share_of(figure: Figure | None) -> str:
    """Return a share as a percentage with its interval and n, or a dash when nothing was judged."""
    if figure is None:
        return DASH
    if figure.low is None or figure.high is None:
        return f"{format_share(figure.value)} (n {figure.n})"
    ends = f"{100 * figure.low:.0f}{DASH}{100 * figure.high:.0f} %"
    return f"{format_share(figure.value)} ({ends}, n {figure.n})"


def format_mean_share(mean: Interval | None) -> str:
    """Return a mean share as a percentage with its interval and n, or a dash without any."""
    if mean is None:
        return DASH
    return format_share_of(Figure(mean.mean, mean.low, mean.high, mean.n, "", ()))


def format_interval(share: Share) -> str:
    """Return a share with its 95 % interval and n, or a dash when nothing could be judged."""
    if share.share is None:
        return DASH
    ends = f"{100 * share.low:.0f}{DASH}{100 * share.high:.0f} %"
    return f"{100 * share.share:.0f} % ({ends}, n {share.n})"


def format_figure(figure: Figure | None, digits: int = 1) -> str:
    """Return a value with its interval and n, or a dash when it was not measured."""
    if figure is None:
        return DASH
    value = f"{figure.value:.{digits}f}"
    if figure.low is None or figure.high is None:
        return f"{value} (n {figure.n})"
    return f"{value} ({figure.low:.{digits}f}{DASH}{figure.high:.{digits}f}, n {figure.n})"


def format_count(count: int, n: int) -> str:
    """Return how often something was seen with the 95 % interval of its share; a dash of none."""
    if not n:
        return DASH
    low, high = clopper_pearson(count, n)
    return f"{count} of {n} ({100 * low:.0f}{DASH}{100 * high:.0f} %)"
