"""What kind of work a description tells of, from its prose.

Rules are tried in a fixed order and the first that matches decides, so what is specific stands
before what is general:

1. meeting: somebody is in a call. It holds whatever is looked at meanwhile.
2. other: nothing happens, whatever is on the screen.
3. research: a search where others' knowledge stands (Stack Overflow, the web), whatever for.
4. review: reviewing a change (pull request, diff, commit).
5. debugging: looking for the cause of a fault or mending it; a test that fails.
6. review: a pull request or a diff in any other way.
7. coding: a verb of change with code, a file or an editor as its object.
8. terminal: a command is run, or a terminal looked at.
9. reading: a verb of reading.
10. The same kinds by nouns alone (an editor is open, a page of documentation is shown).

Verbs are told by their stems. What is only the topic of a text ("an article about debugging"),
what is denied ("no errors") and what is quoted from the screen decide nothing.
"""

import re
from typing import NamedTuple

from scribebench.grading.prose import is_english

KINDS = ("coding", "debugging", "reading", "review", "research", "meeting", "terminal", "other")

# Stand-ins for what is quoted or named, so that rules tell files and commands from talk.
_FILE, _COMMAND, _QUOTE = "codefile", "shellcommand", "…"
_EXTENSIONS = (
    r"(?:py|pyi|ipynb|jsx?|tsx?|mjs|vue|svelte|go|rs|c|cc|cpp|h|hpp|cs|java|kt|scala|swift|m|rb|php"
    r"|pl|lua|md|rst|r|jl|ex|exs|hs|ml|clj|dart|sql|sh|bash|zsh|ps1|html?|css|scss|less|json"
    r"|ya?ml|toml|ini"
    r"|cfg|conf|xml|env|lock|tf|proto|graphql|gradle|cmake|smk|txt|csv|diff|patch|log)"
)
_PROGRAMS = (
    r"(?:git|pytest|npm|npx|pnpm|yarn|pip|pip3|uv|poetry|conda|python3?|node|cargo|rustc|make|cmake"
    r"|docker|docker-compose|kubectl|helm|terraform|ansible|ssh|scp|rsync|curl|wget|ls|cd|cat|grep"
    r"|rg|find|sed|awk|tail|head|less|mkdir|rm|cp|mv|chmod|sudo|apt|apt-get|brew|htop|top|ps|bash"
    r"|sh|zsh|tmux|go (?:build|test|run|mod)|mvn|gradle|snakemake|ollama|systemctl|journalctl|jq)"
)
_FILE_NAME = re.compile(
    rf"(?<![\w./~-])[\w./~-]{{0,200}}\w\.{_EXTENSIONS}\b(?![./\w])|\b(?:Makefile|Dockerfile|Snakefile)\b",
    re.I,
)
_SPAN = re.compile(
    r"`+(?P<code>[^`\n]{1,400})`+|\"(?P<double>[^\"\n]{1,400})\"|“(?P<curly>[^”\n]{1,400})”"
    r"|(?<![\w’'])'(?P<single>[^'\n]{1,300})'(?!\w)|‘(?P<round>[^’\n]{1,300})’"
)
_ADDRESS = re.compile(r"(?<!\S)\S{0,200}(?:://|\w[/\\]\w|@\w)\S*")
_COMMAND_LINE = re.compile(rf"(?:[$%>] )?{_PROGRAMS}(?:\s.*)?", re.I)
# Commands that are no English words are known without quotation marks, too.
_BARE_COMMAND = re.compile(
    r"\b(?:pytest|npm|npx|pnpm|kubectl|snakemake|htop|rsync|systemctl|journalctl|mkdir|grep"
    r"|curl|wget"
    r"|ssh|docker|cargo|pip install"
    r"|make (?:check|test|all|build|install|clean|report|lint|run|[a-z]+-[a-z]+)"
    r"|git (?:add|commit|push|pull|status|log|clone|checkout|switch|rebase|merge|stash|fetch"
    r"|branch|commands?|history|operations?))\b",
    re.I,
)
# What a text or a search is about is not what is done.
_TOPIC = re.compile(
    r"\b(?:about|titled|entitled|called|named|regarding|concerning|on how to|explaining"
    r"|that explains?"
    r"|which explains?|that discuss\w+)\b[^,;.\n]*"
)
_ABOUT_ABOUT = re.compile(r"\b(?:what|more|think\w*|learn\w*|find\w* out)\s+about\b")
_DENIED = re.compile(
    r"\b(?:no|0|zero|without(?: any)?|not any|free of|any)\s+(?:\w+\s+)?"
    r"(?:fail\w*|errors?|bugs?|issues?|problems?|exceptions?|warnings?|breakpoints?)\b"
    r"|\b(?:fixture|error|exception|failure)[- ](?:free|handling|handlers?|boundar\w+)\b"
)


def _near(words: int) -> str:
    """Up to so many words between two, within one sentence."""
    return rf"(?:\W+(?![.;]\s)[\w'’…#-]+){{0,{words}}}?\W+"


_FAULT = (
    r"(?:errors?|exceptions?|crash\w*|bugs?|tracebacks?|stack ?traces?|fail\w*|faults?"
    r"|regressions?)"
)
_TROUBLE = rf"(?:{_FAULT}|issues?|problems?|why|causes?|flak\w+|leaks?|hangs?|warnings?|broken)"
_CHANGE = (
    r"(?:pull requests?|merge requests?|prs?|mrs?|diffs?|patch(?:es)?|commits?|change(?:s|sets?)?"
    r"|branch(?:es)?)"
)
_WEB = (
    r"(?:stack ?overflow|stack ?exchange|google|bing|duckduckgo|the web|the internet|online|reddit"
    r"|web search|search engine|search results?|chatgpt|claude|perplexity|forums?|github issues)"
)
_CALL = (
    r"(?:(?:video|phone|conference|zoom|teams|slack|group|team|voice|audio|client|customer|online"
    r"|skype|meet|webex|one-on-one|1:1|discord)[ -]?(?:call|conferenc\w*|meeting|chat call"
    r"|huddle)s?"
    r"|(?:stand-?up|webinar|google meet|zoom session|screen[- ]?shar\w+ session))"
)
_DOCS = (
    r"(?:docs?|documentation|articles?|handbooks?|manuals?|tutorials?|wiki|readme|guides?"
    r"|blogs?|posts?"
    r"|papers?|books?|pdfs?|references?|man ?pages?|specifications?|specs?|release notes"
    r"|changelogs?"
    r"|web ?pages?|threads?|discussions?|news|e-?books?|chapters?|instructions)"
)
_CODE = (
    rf"(?:{_FILE}|code\w*|scripts?|functions?|class(?:es)?|methods?|modules?|variables?"
    rf"|constants?|lines?"
    r"|imports?|tests?|unit tests?|comments?|docstrings?|config\w*|settings file|implementation"
    r"|component"
    r"|components|api|endpoints?|handlers?|schema|quer(?:y|ies)|types?|interfaces?|parsers?"
    r"|algorithms?"
    r"|programs?|workflows?|pipelines?|rules?|templates?|stylesheets?|css|html|sql|notebook\w*"
    r"|repositor\w+"
    r"|feature"
    r"|features|loop|loops|statements?|expressions?|logic|files?|source|project)"
)
_EDITORS = (
    r"(?:vs ?code|visual studio(?: code)?|pycharm|intellij(?: idea)?|webstorm|vim|neovim|nvim"
    r"|emacs|geany"
    r"|sublime(?: text)?|xcode|android studio|cursor ide|zed|jupyter\w*|code editor|text editor"
    r"|the editor|an editor|ide|rstudio|eclipse|notepad\+\+|goland|clion|nano|gedit|kate)"
)
_EDIT = (
    r"(?<!\bthe )(?<!\ba )(?:edit\w*|modif\w+|chang(?:e|es|ed|ing)|add(?:s|ed|ing)?|remov\w+"
    r"|delet\w+|writ(?:e|es|ing|ten)|wrote"
    r"|rewrit\w+|implement\w*|refactor\w*|renam\w+|insert\w*|updat\w+|correct(?:s|ed|ing)?"
    r"|fix(?:es|ed|ing)?"
    r"|rais(?:e|es|ed|ing)|lower(?:s|ed|ing)?|set(?:s|ting)?|replac\w+|creat\w+|develop(?:s"
    r"|ing)?|programm?(?:s|ing)"
    r"|extend\w*|complet\w+|comment\w* out|typ(?:e|es|ed|ing)|adjust\w*|tweak\w*|extract(?:s|ed"
    r"|ing)?"
    r"|mov(?:e|es|ed|ing)|format(?:s|ted|ting)?|configur\w+|build(?:s|ing)?|work(?:s|ed"
    r"|ing)? (?:on|in|with)"
    r"|cod(?:es|ed|ing))"
)
_RUN = (
    r"(?:run(?:s|ning)?|ran|re-?run\w*|execut\w+|invok\w+|launch\w*|enter(?:s|ed|ing)?|typ(?:e"
    r"|es|ed|ing)"
    r"|issu(?:es|ed|ing)|start(?:s|ed|ing)?|us(?:e|es|ed|ing)|install\w*|build(?:s|ing)?"
    r"|compil\w+|deploy\w*"
    r"|mistyp\w+|check(?:s|ed|ing)?|list(?:s|ed|ing)?|writ(?:e|es|ing))"
)
_LOOK = (
    r"(?:look(?:s|ed|ing)? (?:at|over|through|into|up)|view\w*|inspect\w*|examin\w+|check(?:s"
    r"|ed|ing)?|stud(?:y|ies|ied|ying)"
    r"|watch\w*|see(?:s|ing)?|review\w*|analy[sz]\w+|observ\w+|consult\w*|compar\w+|scan(?:s"
    r"|ned|ning)?"
    r"|explor\w+|navigat\w+|brows\w+|open(?:s|ed|ing)?|scroll\w*|visit\w*)"
)
# Where a verb can be the one that says what is done; "the reading preferences" has none.
_HEAD = (
    r"(?:^|[.;:,…(\n–—-]\s*|\b(?:is|are|was|be|been|and|then|while|by|to|developer|user|person"
    r"|they|he|she"
    r"|someone|currently|actively|mainly|probably|likely|busy|just|still|carefully|starts?|keeps?"
    r"|appears to be)\s+)\s*"
)


class Rule(NamedTuple):
    """A kind and the pattern that tells it."""

    kind: str
    pattern: "re.Pattern[str]"


def _rule(kind: str, *patterns: str) -> Rule:
    """Return a rule for text in lower case: looking for one case only takes half the time."""
    lower = re.sub(r"\\.|[A-Z]", _lower_letter, "|".join(patterns))
    return Rule(kind, re.compile(lower))


def _lower_letter(match: "re.Match[str]") -> str:
    return match[0] if match[0].startswith("\\") else match[0].lower()


RULES = (
    _rule(
        "meeting",
        rf"\b(?:in|on|join\w*|attend\w*|host\w*|during|has|having|hold\w*|participat\w+ in"
        rf"|leav\w+|shar\w+"
        rf"|watch\w*)\W+(?:[\w'’]+\W+){{0,3}}?{_CALL}\b",
        rf"^\W*(?:the )?{_CALL}\b",
        r"\b(?:in|on|join\w*|attend\w*|during|participat\w+ in)\W+(?:an?|the|(?:an? )?\w+ly|his"
        r"|her|their)"
        r"\W+(?:\w+\W+)?(?:call\b(?! to| of| stack| site| graph|s\b)|meetings?|conference|huddle)",
        r"\b(?:video[- ]?(?:call|conferenc|meet)\w*)\b(?! (?:link|invit|settings|notes?))",
        r"\bmeeting with (?!the (?:docs|code))\w+(?=.{0,60}\b(?:zoom|teams|meet|video|camera"
        r"|screen)\b)",
    ),
    _rule("other", r"\bidle\b|\bnothing (?:is )?happen\w*|\bno (?:visible |user )?activity\b"),
    _rule(
        "research",
        rf"\b(?:search\w*|look\w* (?:up|for)|brows\w+|quer(?:y|ies|ying)|ask\w*"
        rf"|consult\w*){_near(6)}{_WEB}\b",
        rf"\b(?:search\w*|look\w* (?:up|for)) {_WEB}\b|\bgoogl(?:es|ed|ing)\b",
        r"\b(?:read\w*|view\w*|look\w*|visit\w*|check\w*|open\w*|scroll\w*|brows\w+|search\w*"
        r"|on)\W+"
        r"(?:[\w'’-]+\W+){0,4}?stack ?(?:overflow|exchange)\b",
        rf"{_HEAD}research(?:es|ed|ing)?\b",
        r"\bcompar\w+\W+(?:[\w'’-]+\W+){0,3}?(?:librar\w+|frameworks?|options|alternatives"
        r"|products|models"
        r"|vendors|tools)\b",
    ),
    _rule(
        "review",
        rf"\breview\w*{_near(5)}{_CHANGE}\b",
        rf"\breview\w* {_CHANGE}\b|\b(?:code|peer)[ -]review\w*\b",
        r"\breview\w*\W+(?:[\w'’-]+(?:'s|’s)\W+)(?:\w+\W+)?code\b",
        rf"\b(?:approv\w+|comment\w* on|request\w* changes (?:on|to|in)){_near(4)}(?:{_CHANGE}"
        rf"|code)\b",
    ),
    _rule(
        "debugging",
        r"\bdebug\w*|\btroubleshoot\w*|\bdiagnos\w+|\bbreakpoints?\b|\bbisect\w*|\broot cause\b"
        r"|\bstack ?traces?\b|\btracebacks?\b|\bstep(?:s|ping) (?:through|into|over)\b"
        r"|\bpost-?mortem\b",
        rf"\b(?:investigat\w+|resolv\w+|solv\w+|fix\w*|track\w* down|reproduc\w+|find\w* out"
        rf"|figur\w+ out|narrow\w* down|mend\w*|hunt\w*|isolat\w+|trac(?:e|es"
        rf"|ing)){_near(6)}{_TROUBLE}\b",
        rf"\b(?:fix\w*|resolv\w+|solv\w+|investigat\w+) {_TROUBLE}\b|\b(?:bug ?fix\w*|hotfix\w*)\b",
        r"\b(?:check|find|see|understand|work out|checking|finding|seeing|understanding) why\b",
        rf"\b(?:look\w* (?:at|into|for)|read\w*|inspect\w*|view\w*|examin\w+|check\w*|analy[sz]\w+"
        rf"|understand\w*|stud(?:y|ies|ying)|review\w*|address\w*|deal\w* with"
        rf"|encounter\w*){_near(8)}{_FAULT}\b",
        r"\b(?:fails?|failed|failing|failures?|crash(?:es|ed|ing)|broken (?:test|build))\b",
    ),
    _rule(
        "review",
        r"\b(?:pull|merge) requests?\b|\bPRs? #?\d+",
        rf"\b{_LOOK}{_near(3)}(?:prs?|mrs?|diffs?|code changes)\b",
    ),
    _rule(
        "terminal",
        r"\bwork\w* (?:in|with|from) (?:an?|the) (?:\w+ )?(?:terminal|command[- ]line|shell"
        r"|console)\b",
    ),
    _rule(
        "coding",
        r"\bmerge conflicts?\b|\bquer(?:y|ies|ying)\W+(?:\w+\W+){0,2}?databases?\b",
        rf"\b{_EDIT}{_near(6)}{_CODE}\b",
        rf"\b{_EDIT} {_CODE}\b",
        rf"\b(?:{_EDIT}){_near(8)}{_EDITORS}\b",
        rf"\b{_FILE}\b.*\b(?:edit|modif|correct|fix|rewrit|refactor|chang)(?:s|y|ies|es|ing|ed)\b",
        rf"{_HEAD}(?:coding|programming|refactoring|implementing|codes|programs|refactors"
        rf"|implements)\b",
    ),
    _rule(
        "terminal",
        rf"\b{_RUN}{_near(6)}(?:{_COMMAND}|git|commands?|terminal|shell|command[- ]line|console"
        rf"|prompt)\b",
        rf"\b{_RUN} (?:{_COMMAND}|commands?)\b",
        r"\b(?:run(?:s|ning)?|ran|re-?run\w*|execut\w+|launch\w*)"
        rf"{_near(5)}(?:tests?|test suite|scripts?|builds?|checks|programs?|servers?|linters?"
        rf"|{_FILE}"
        r"|jobs?|containers?|workflows?|benchmarks?|migrations?|pipelines?|…)(?!\w)",
        r"\b(?:run(?:s|ning)?|ran|execut\w+) (?:tests?|scripts?|…)",
        r"\b(?:follow\w*|tail\w*|watch\w*|monitor\w*)\W+(?:\w+\W+){0,3}?(?:logs?|processes"
        r"|jobs?|builds?)\b",
        r"\blist(?:s|ed|ing)\W+(?:\w+\W+){0,3}?(?:files?|director\w+|folders?|contents)\b",
        r"\b(?:in|at|into|on|using|through|with) (?:an?|the|his|her|their|its) (?:\w+ )?"
        r"(?:terminal|command[- ]line|shell|console)\b",
        r"\b(?:wait\w* (?:for|on)|merg(?:es|ed|ing)|rebas\w+)\W+(?:\w+\W+){0,2}?"
        r"(?:builds?|tests?|commands?|branch\w*)\b|\bvirtual ?env\w*\b|\bcommit messages?\b",
        r"\b(?:commit(?:s|ted|ting)|push(?:es|ed|ing)|stag(?:es|ed|ing)|clon(?:es|ed|ing))\b"
        r"(?=.{0,60}\b(?:git|changes|commit|branch|repositor\w+|origin|remote)\b)",
        rf"^\W*{_COMMAND}\b",
    ),
    _rule(
        "reading",
        rf"{_HEAD}(?:re-?)?(?:reads?|reading|skims?|skimming|stud(?:y|ies|ying))\b(?! (?:list"
        rf"|preference|view))(?!{_near(3)}(?:messages?|e?-?mails?|chats?|inbox)\b)",
        rf"\b{_LOOK}{_near(5)}(?:{_DOCS})\b",
        r"\bscroll\w*\b",
    ),
    _rule(
        "research",
        rf"{_HEAD}(?:search\w*|looks? up|looking up|googles?)\b"
        r"(?!\W+(?:\w+\W+){0,3}?(?:files?|finder|folder|project|inbox|e?mails?|code\w*"
        r"|repositor\w+))",
        r"\blook\w* for (?:\w+ )?(?:information|answers?|solutions?|examples?)\b",
        r"\bweb search\b|\bsearch results\b",
    ),
    _rule("coding", rf"\bsearch\w*{_near(4)}(?:code\w*|project|repositor\w+)\b"),
    _rule(
        "reading",
        rf"{_HEAD}{_LOOK}{_near(5)}(?:{_FILE}|code\w*|functions?|class(?:es)?|scripts?|source"
        rf"|implementation)\b",
        rf"{_HEAD}{_LOOK} (?:{_FILE}|code|source)\b",
        rf"\b{_LOOK}{_near(3)}(?:repositor\w+|issues?|versions)\b",
        r"\b(?:wiki|docs?|documentation|handbook|tutorial|readme|article)\b",
    ),
    _rule(
        "terminal",
        rf"\b(?:terminal|command[- ]line|shell|console|{_COMMAND})\b",
    ),
    _rule("coding", rf"\b(?:{_EDITORS}|{_FILE}|source code|coding|programming)\b"),
)

# Who does something in a description without fields, and how it shows things.
_DOER = re.compile(
    r"\b(?:developer|user|person|programmer|engineer|author|someone|somebody|they|he|she|we)\b",
    re.I,
)
_SHOWN = re.compile(
    r"\b(?:screenshot|screen|image|frame|window|terminal|browser|editor|app|application|page"
    r"|desktop|view"
    r"|tab|it|this)\b[^.\n]{0,60}?\b(?:shows?|showing|displays?|displaying|is|are|has|contains?"
    r"|with)\b",
    re.I,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z*`\"'])|\n+")
_NOTHING = frozenset(
    {"", "none", "n/a", "na", "unknown", "null", "not visible", "unclear", "nothing"}
)
_ENGLISH_SHARE = 0.34
# What is done is said in the first sentences; a loop goes on for ever.
_LONGEST_CHARS = 4000


def activity_kind(activity: str | None, text: str | None) -> str | None:
    """Return what kind of work a description tells of: one of KINDS, or null.

    `activity` is the field of that name; only where it says nothing, the sentences of `text` (the
    whole description) decide that say what somebody does, else those that say what is shown. Null
    when there is no such prose, or when it is not English and no rule knows it. The text of a
    baseline that only reads is the screen's and no prose: hand over null for it.
    """
    if activity is not None and _is_said(activity):
        return _kind_of(activity)
    if text is None or not _is_said(text):
        return None
    sentences = [one for one in _SENTENCE_END.split(text) if len(one.split()) > 2]
    for clue in (_DOER, _SHOWN):
        if told := [one for one in sentences if clue.search(one)]:
            return _kind_of(" \n".join(told))
    return None


def _is_said(prose: str) -> bool:
    plain = re.sub(r"[\s.*`\"'_\-–—…]+", " ", prose).strip().casefold()
    return plain not in _NOTHING and any(char.isalpha() for char in plain)


def _kind_of(prose: str) -> str | None:
    plain = _plain(prose)
    for rule in RULES:
        if rule.pattern.search(plain):
            return rule.kind
    words = re.findall(r"[^\W\d_]{2,}", prose)
    if sum(is_english(word) for word in words) < _ENGLISH_SHARE * max(1, len(words)):
        return None
    return "other"


def _plain(prose: str) -> str:
    """Return prose in which files, commands and quotations are stand-ins, without topics."""
    text = _SPAN.sub(_stand_in, prose[:_LONGEST_CHARS].replace("**", ""))
    text = _FILE_NAME.sub(f" {_FILE} ", text)
    text = _BARE_COMMAND.sub(f" {_COMMAND} ", text)
    text = _ADDRESS.sub(f" {_QUOTE} ", text)
    text = _TOPIC.sub(" ", _ABOUT_ABOUT.sub(" ", text.lower()))
    text = _DENIED.sub(" ", text)
    return re.sub(r"[ \t]+", " ", text).strip()


def _stand_in(match: "re.Match[str]") -> str:
    inner = next(group for group in match.groups() if group is not None).strip()
    if _FILE_NAME.fullmatch(inner):
        return f" {_FILE} "
    if match["code"] is not None and _COMMAND_LINE.fullmatch(inner):
        return f" {_COMMAND} "
    if match["code"] is None and _BARE_COMMAND.match(inner):
        return f" {_COMMAND} "
    return f" {_QUOTE} "
