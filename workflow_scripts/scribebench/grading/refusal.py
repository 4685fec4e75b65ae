"""How models refuse: how they decline to describe, or say that they see nothing."""

import re

from scribebench.grading.prose import prose

_VERB = (
    r"(?:help|assist|describe|view|see|process|analy[sz]e|fulfil|provide|continue|comply|interpret|"
    r"access|identify|discern|tell|answer|disclose|open|look at|perform|do (?:that|this)|handle|"
    r"support|"
    r"examine|share|discuss|engage|complete|transcribe|read)(?:ing)?"
)
_CANNOT = (
    r"\bI(?:'m| am|’m)? (?:can(?:'t|’t|not| not)|won(?:'t|’t)(?: be)?|will not(?: be)?|"
    r"could not|couldn(?:'t|’t)|"
    r"(?:un|not )able to|must decline|have to decline|need to decline|am going to decline|decline|"
    r"do(?:n(?:'t|’t)| not) (?:have|feel)|must refuse|refuse|shouldn(?:'t|’t)|should not)"
)
_OBJECT = (
    r"(?:that|this|these|those|it\b|your|the (?:images?|screenshots?|pictures?|request|content)|"
    r"images?|"
    r"screenshots?|pictures?|visual|any|with|on\b|in\b|to\b|further|twenty|several|multiple|"
    r"descriptions?|one)"
)
REFUSED = re.compile(
    rf"{_CANNOT}(?:[ \w,’']{{0,30}}?) ?{_VERB}\b[ \w’',-]{{0,60}}?\b{_OBJECT}"
    rf"|{_CANNOT}[ \w,’']{{0,20}}?{_VERB}[ \w]{{0,12}}[.!]?\s*$"
    r"|\bI(?:'m|’m| am) (?:really |very |so )?(?:sorry|afraid)\b[^.\n]{0,40}?\b(?:can(?:'t|’t|"
    r"not)|unable|not able|won(?:'t|’t)|decline|no (?:image|screenshot|picture))"
    r"|\b(?:sorry|unfortunately|apologi[sz]e)\b[^.\n]{0,40}?\bI(?:'m|’m| am)? (?:can(?:'t|’t|"
    r"not)|unable|not able|won(?:'t|’t)|must decline|need to decline)"
    r"|\bas an? (?:AI|text[- ]based|language)\b[^.\n]{0,60}?\b(?:can(?:'t|’t|not)|unable|not "
    r"able|do(?:n(?:'t|’t)| not))"
    r"|\bno (?:images?|screenshots?|pictures?) (?:(?:was|were|is|are|has been|have been) "
    r")?(?:attached|provided|included|uploaded|given|visible to me|found)"
    r"|\b(?:don(?:'t|’t)|do not|can(?:'t|’t|not)) (?:actually )?see (?:any|an|the) (?:attached |"
    r"uploaded )?(?:images?|screenshots?|pictures?)"
    r"|\b(?:images?|screenshots?|pictures?|attachments?)\b[^.\n]{0,20}"
    r"\b(?:failed to|did(?:n['’]t| not)|could not be) "
    r"(?:load|upload|come through|loaded|opened)|\bnothing (?:that |which )?I can (?:describe|see)"
    r"|\bwould need (?:access to|to see)\b|\bI(?:['’]d| would) (?:rather|prefer) not\b"
    r"|\bI will not (?:describe|comment|help)"
    r"|\bI(?:['’]m| am) not (?:permitted|allowed|comfortable)\b"
    r"|\brespectfully (?:pass|refuse)"
    r"|\b(?:against|violates?|conflicts? with|outside) (?:my|the|our|these) "
    r"(?:content |usage |safety )*(?:guidelines?|polic(?:y|ies)|rules|instructions)"
    r"|\b(?:must|have to|need to) (?:respectfully )?decline\b"
    r"|\bplease (?:upload|attach|provide|send|share) (?:the|your|an?|each) (?:images?|"
    r"screenshots?|pictures?)"
    r"|\b(?:unable|not able) to (?:view|see|process|describe|analy[sz]e|access|assist|help|"
    r"fulfil|provide)\b[^.\n]{0,40}\b(?:images?|screenshots?|request|this|that)"
    r"|\b(?:is|was|been) (?:redacted|blocked|withheld|refused) (?:by|for|"
    r"due)[^.\n]{0,30}(?:policy|safety|filter)"
    r"|\bdescription (?:refused|withheld|declined)|\[(?:refused|declined|content filtered)\]"
    r"|(?:抱歉|对不起|很遗憾)[^。\n]{0,30}(?:无法|不能|没有办法)|我(?:无法|不能)(?:查看|描述|看到|处理|提供|协助)"
    r"|\bes tut mir leid\b[^.\n]{0,60}\bnicht\b|\bich kann (?:diese[ns]?|das|dieses|"
    r"die)\b[^.\n]{0,50}\bnicht\b"
    r"|\b(?:lo siento|lo lamento)\b[^.\n]{0,40}\bno (?:puedo|es posible)|\bno puedo (?:ver|"
    r"describir|ayudar|procesar)"
    r"|\b(?:je suis désolée?|désolée?)\b[^.\n]{0,50}\bne (?:peux|suis|puis)|\bje ne (?:peux|"
    r"suis) pas (?:voir|décrire|aider|en mesure)"
    r"|\bmi dispiace\b[^.\n]{0,40}\bnon (?:posso|sono)|\bnão (?:posso|consigo) (?:ver|descrever|"
    r"ajudar)"
    r"|(?:申し訳|すみません)[^。\n]{0,40}(?:できません|できない)|죄송[^.\n]{0,40}(?:없습니다|수 없)"
    r"|(?:извините|к "
    r"сожалению)[^.\n]{0,50}не (?:могу|в состоянии)",
    re.I,
)
# A detail that cannot be read is no refusal.
_DETAIL = re.compile(
    r"\b(?:read|see|identify|discern|tell|make out) (?:the )?(?:small|exact|full|tiny|rest|"
    r"precise|labels?|text|"
    r"what (?:the|is)|which|whether|who|if|all|every|any (?:text|more|further|other))",
    re.I,
)
# Without one of these no pattern matches; looking for them is quick.
HINTS = (
    "can't", "can’t", "cannot", "can not", "won't", "won’t", "unable", "able to", "sorry", "afraid",
    "apolog", "declin", "refus", "not have", "n't have", "n’t have", "n't see", "n’t see",
    "not see",
    "should not", "shouldn", "could not", "couldn", "will not", "not feel", "n't feel", "n’t feel",
    "rather", "prefer", "permitted", "allowed", "comfortable", "respectfully", "against", "violat",
    "conflict", "outside", "no image", "no screenshot", "no picture", "please", "load", "upload",
    "come through", "nothing", "would need", "redacted", "blocked", "withheld", "filter",
    "抱歉", "对不起", "很遗憾", "无法", "不能", "leid", "kann", "siento", "lamento", "puedo",
    "désol", "peux", "dispiace", "posso", "não", "申し訳", "すみません", "죄송", "извин", "сожал",
)  # fmt: skip
_NEAR = 25
_LONGEST = 1500
_WHOLE = re.compile(r"\b(?:images?|screenshots?|pictures?|request)\b", re.I)


def refusal_in(section: str) -> str | None:
    """Return the refusal that a section begins with, or mostly is."""
    lower = section.lower()
    if not any(hint in lower for hint in HINTS):
        return None
    if section.lstrip().startswith("{") and (
        said := re.search(r'"(?:error|message|refusal)"\s*:\s*"([^"]+)', section)
    ):
        section = said[1]
    said = prose(section)
    said = re.sub(
        r"^[ \t>*#\d.)-]*(?:\*\*)?[A-Z][\w /]{2,30}(?:\*\*)?:[ \t*]*", "", said, flags=re.M
    )
    sentences = [one.strip() for one in re.split(r"(?<=[.!?。])\s+|\n+|。", said) if one.strip()]
    for number, sentence in enumerate(sentences):
        match = REFUSED.search(sentence)
        if not match or (
            _DETAIL.search(sentence)
            and not _WHOLE.search(sentence, match.start(), match.end() + _NEAR)
        ):
            continue
        # A person on the screen may be sorry too: what a model refuses, it says first, or alone.
        if match.start() > 90:
            continue
        rest = sum(len(one) for one in sentences) - len(sentence)
        if number == 0 or rest < 3 * len(sentence) or section == sentence:
            return sentence[:160]
    return None


def is_refusal(text: str) -> bool:
    """Return whether a text begins with a refusal and says little else."""
    return refusal_in(text[:_LONGEST]) is not None and len(text) < _LONGEST
