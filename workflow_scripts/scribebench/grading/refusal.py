"""How models refuse: they decline, say that they cannot see, or that there is nothing to see.

A sentence refuses when it says so itself, from its beginning on. What an application on the screen
says stands behind words of the model's own: "Claude answers that it cannot help with that".
"""

import re
from functools import lru_cache

from scribebench.grading.apps import mentions_app
from scribebench.grading.prose import prose

# What models call the pictures that they were sent.
_PICTURE = (
    r"(?:screen ?-?shots?|images?|pictures?|photos?|frames?|captures?|visuals?|attachments?|pixels"
    r"|(?:screen|video) ?recordings?|screens)"
)
_OF_PICTURE = (
    rf"(?:{_PICTURE}|visual(?:ly)? (?:\w+ )?(?:content|inputs?|data|information|material|media|"
    r"elements?))"
)
_VERBS = (
    r"help|assist|describe|view|see|process|analy[sz]e|fulfill?|provide|give|offer|continue|"
    r"comply|interpret|access|identify|discern|tell|answer|disclose|open|look at|perform|handle|"
    r"do (?:that|this|it|so)|support|examine|share|discuss|engage|complete|transcribe|read|"
    r"comment|decode|load|display|perceive|inspect|recogni[sz]e|determine|make out|say|report|"
    r"respond|render|receive|work with|generate|produce|participate|proceed|reproduce|go through"
)
_VERBING = rf"(?:{_VERBS}|describ|analy[sz]|provid|giv|shar|examin|mak)(?:ing|e|es)?"
_CANNOT = (
    r"\bI(?:['’]m| am)? ?(?:can(?:['’]?t| ?not)|won['’]?t(?: be)?|will not(?: be)?|"
    r"could(?: not|n['’]t)|(?:un|not |in)(?:able|capable) (?:to|of)|must decline|have to decline|"
    r"need to decline|(?:am |['’]m )?going to decline|do(?:n['’]?t| not) (?:have|feel|want)|"
    r"decline|must refuse|refuse|should(?:n['’]t| not)|must(?:n['’]t| not)|may not|"
    r"not going to|ca n['’]?t)"
)
_OBJECT = (
    r"(?:that|this|these|those|it\b|them\b|your|the (?:images?|screenshots?|pictures?|request|"
    r"content|frames?|screens?)|images?|screenshots?|pictures?|visuals?|any|with|on\b|in\b|to\b|"
    r"further|twenty|several|multiple|descriptions?|one|more|what)"
)
_GONE = (
    r"(?:missing|absent|unavailable|inaccessible|unreadable|illegible|undecodable|corrupt(?:ed)?|"
    r"broken|damaged|truncated|blocked|withheld|redacted|omitted|refused|declined|unsupported|"
    r"filtered|suppressed|(?:not|n['’]t) (?:\w+ly )?(?:attached|included|provided|uploaded|"
    r"accessible|available|visible to me|viewable|readable|legible|supported|given|received|shared|"
    r"sent|present|processed|loaded|delivered|shown to me|displayed to me|allowed|something I)|"
    r"not (?:a |in a )?(?:valid|supported)|"
    r"(?:far |just |much |simply )?too (?:blurr(?:y|ed)|dark|small|large|big|low|many|noisy|"
    r"pixelated|unclear|numerous|compressed|distorted|grainy|faint|fuzzy|out of focus)|"
    r"(?:completely |entirely |totally |all )?(?:blank or corrupted|unintelligible|"
    r"indecipherable|inaccessible|illegible|unreadable|undecipherable))"
)
_LOST = (
    r"(?:(?:has |have |had |does |do |did )?(?:fail(?:ed|s)? to|never|(?:not|n['’]t))(?: be| been| "
    r"actually| seem to| appear to)* "
    r"(?:load|upload|come through|came through|come across|arrive|reach|reached|make it|made it|"
    r"render|open|transfer|accompany|get through|attach|go through|show up|decode|appear|process|"
    r"display|transmit|been (?:attached|received|loaded|uploaded|provided)|attached|received|"
    r"provided|uploaded)\w*)"
)
_PASSIVE = (
    r"(?:can(?:['’]?t| ?not)|could(?: not|n['’]t)|will not|won['’]t|may not|must not|should not|"
    r"shouldn['’]t) be (?:\w+ly )?(?:described|processed|loaded|opened|displayed|decoded|read|"
    r"accessed|retrieved|analy[sz]ed|interpreted|viewed|seen|shown|fulfilled|completed|answered|"
    r"provided|given|disclosed|shared|rendered|downloaded|fetched|identified|made|handled|granted|"
    r"transcribed|summari[sz]ed)"
)
_TO_SEND = (
    r"(?:(?:re-?)?(?:attach|upload|send|share|submit|paste|post|supply)|provide|include|add|insert)"
)
_POLICY = (
    r"(?:(?:content|usage|safety|privacy|ethical|use|acceptable|community|our|my|the|these|this|"
    r"model|openai|company|service) ?)*(?:guidelines?|polic(?:y|ies)|rules|instructions|"
    r"programming|safeguards|restrictions|terms(?: of (?:use|service))?|principles)"
)
_TEXT_ONLY = (
    r"(?:purely |only |just |solely )?(?:an? )?(?:\w+ )?(?:text[- ](?:only|based)|language)"
    r"(?: (?:only|AI|language|generation))* (?:model|assistant|system|AI|interface|bot|chatbot)"
)
_PICTURE_WORK = (
    r"(?:describing|interpreting|analy[sz]ing|viewing|commenting on|looking at|processing|reading|"
    r"identifying|summari[sz]ing|seeing|monitoring|handling|reporting on)\b[^.\n]{0,60}?"
)

# What refuses by itself, wherever it stands near the beginning of a sentence.
_PLAIN = (
    rf"{_CANNOT}(?:[ \w,’]{{0,30}}?) ?{_VERBING}\b[ \w’',-]{{0,60}}?\b{_OBJECT}",
    rf"{_CANNOT}[ \w,’]{{0,20}}?{_VERBING}[ \w]{{0,12}}[.!]?\s*$",
    rf"{_CANNOT} (?:do|help with|comply with) (?:that|this|it|so)\b",
    r"\bI(?:['’]m| am) (?:really |very |so |truly )?(?:sorry|afraid)\b[^.\n]{0,40}?\b(?:"
    r"can(?:['’]?t|not)|unable|not able|won['’]?t|decline|no (?:image|screenshot|picture))",
    r"\b(?:sorry|unfortunately|apologi[sz]e|apologies|regrettably)\b[^.\n]{0,40}?\bI(?:['’]m| am)? "
    r"?(?:can(?:['’]?t|not)|unable|not able|won['’]?t|must decline|need to decline|have no)",
    r"\bas an? (?:AI|text[- ](?:based|only)|language|purely)\b[^.\n]{0,60}?\b(?:can(?:['’]?t|not)|"
    r"unable|not able|do(?:n['’]?t| not)|lack|have no|only|limited)",
    rf"\bI(?:['’]m| am) {_TEXT_ONLY}",
    rf"\bno {_PICTURE} (?:(?:was|were|is|are|has been|have been|seems? to (?:be|have been)) "
    r")?(?:attached|provided|included|uploaded|given|visible to me|found|received|present|sent)",
    rf"\b(?:do(?:n['’]?t| not)|can(?:['’]?t| ?not)) (?:actually |currently |really )?see "
    rf"(?:any|an|the|your|a single|those|these) (?:actual |attached |uploaded )?{_OF_PICTURE}",
    rf"\b{_OF_PICTURE}\b[^.\n]{{0,20}}\b(?:failed to|did(?:n['’]t| not)|could not be) "
    r"(?:load|upload|come through|loaded|opened)",
    r"\bnothing (?:for me |here )?(?:that |which )?(?:I (?:can|could) |to )(?:describe|see|report)",
    r"\bwould need (?:access to|to see)\b",
    r"\bI(?:['’]d| would) (?:rather|prefer)(?: not| that we| skip| pass| avoid| to skip)\b",
    r"\bI(?:['’]ll| will| shall)? (?:not|pass on|have to pass on) (?:describ|comment|help|this|"
    r"that|do|be describ)",
    rf"\bI\b[^.\n]{{0,20}} (?:refrain|abstain) from {_VERBING}",
    r"\bI(?:['’]m| am) (?:not |un)(?:permitted|allowed|comfortable|authori[sz]ed|willing|equipped|"
    r"designed|able to (?:help|do|assist))\b",
    r"\b(?:not|n['’]t) something (?:that )?I(?:['’]m| am| can| will|['’]d)\b",
    r"\bI(?:['’]m| am) (?:prohibited|forbidden|barred|restricted|prevented|blocked) from\b",
    r"\brespectfully (?:pass|refuse|decline)",
    rf"\b(?:against|violates?|violating|conflicts? with|outside|in conflict with|contrary to|"
    rf"prohibited by|restricted by|not permitted by|not allowed by) (?:of )?(?:my|the|our|these) "
    rf"{_POLICY}",
    rf"\b(?:my|our|these|the) {_POLICY} (?:do(?:es)? not|don['’]t|doesn['’]t|won['’]t|prohibits?|"
    rf"forbids?|prevents?|keeps?|bars?|rules? out)\b",
    r"\b(?:must|have to|need to|going to|will|['’]ll|am forced to) (?:respectfully |politely |"
    r"unfortunately )*decline\b",
    rf"\b(?:please|could you|can you|kindly|you (?:can|may|could)|would you)(?: please| try| try "
    rf"to| kindly)* {_TO_SEND}(?:ing)? (?:me )?(?:the |your |an? |each |it |them |those |these |"
    rf"all "
    rf"|of )*(?:\w+ ){{0,2}}(?:{_PICTURE}|(?:again|here|one by one|individually)\b)",
    r"\b(?:unable|not able) to (?:view|see|process|describe|analy[sz]e|access|assist|help|load|"
    r"fulfil|provide|open|read|decode|interpret)\b[^.\n]{0,40}\b(?:images?|screenshots?|request|"
    r"this|that|frames?|pictures?)",
    r"\b(?:is|was|been) (?:redacted|blocked|withheld|refused|filtered|suppressed) (?:by|for|"
    r"due)[^.\n]{0,30}(?:policy|safety|filter|moderation|privacy)",
    r"\bdescription (?:refused|withheld|declined|unavailable|omitted|not (?:available|possible|"
    r"provided))",
    r"\bno (?:description|analysis) (?:(?:is|was) )?(?:available|possible|can be|could be|"
    r"provided)",
    r"\[(?:refused|declined|content filtered|filtered|redacted|withheld)\]",
    # Other languages: that a picture cannot be seen or described, or is not there.
    r"(?:抱歉|对不起|很遗憾|不好意思)[^。\n]{0,30}(?:无法|不能|没有|看不到)",
    r"我(?:暂时|目前|现在|并)?(?:无法|不能|没法|不会|没有办法|看不到|没有(?:看到|收到|"
    r"看见))(?:查看|描述|看到|处理|提供|"
    r"协助|识别|分析|访问|这|您|任何|图|截|回答)?",
    r"(?:未|没有)(?:收到|提供|附上|上传|看到|检测到)[^。\n]{0,10}(?:图|截)|(?:图片|截图|"
    r"图像)[^。\n]{0,8}(?:"
    r"无法|未能|没有|加载失败|损坏|不可用)",
    r"(?:無法|抱歉[^。\n]{0,20}無)[^。\n]{0,12}(?:查看|描述|看到|處理)",
    r"\bes tut mir leid\b[^.\n]{0,60}\b(?:nicht|kein)|\bleider (?:kann|konnte|darf|ist|sind|liegt|"
    r"wurden?|habe|sehe)\b[^.\n]{0,60}\b(?:nicht|kein|unmöglich)",
    r"\bich (?:kann|darf|möchte|werde|konnte)\b[^.\n]{0,60}\b(?:nicht|kein\w*|weder)\b[^.\n]{0,40}"
    r"(?:beschreib|ansehen|sehen|anzeigen|verarbeit|helfen|analysier|erkenn|öffnen|bild|weiter)",
    r"\bich (?:kann|darf) (?:diese[ns]?|das|dieses|die|keine|ihnen|dir)\b[^.\n]{0,50}\b(?:nicht|"
    r"beschreib|sehen)",
    r"\b(?:bild|bilder|bildschirmfotos?|screenshots?)\b[^.\n]{0,40}\b(?:nicht (?:beschr|geladen|"
    r"ansehen|sehen|angehängt|vorhanden|lesbar|verfügbar|verarbeit)|kann nicht|fehlen|fehlt)",
    r"\b(?:kein|keine) (?:bilder|bild|screenshots?|bildschirmfotos?|anhang)\b[^.\n]{0,30}"
    r"(?:angehängt|erhalten|vorhanden|gesendet|mitgeschickt|sehen|empfangen|bekommen)",
    r"\b(?:lo siento|lo lamento|lamentablemente|disculp\w+|perdón)\b[^.\n]{0,60}\b(?:no (?:puedo|"
    r"es posible|tengo|soy|me es|he recibido|veo)|imposible)",
    r"\bno (?:puedo|podré|me es posible|soy capaz de) (?:ver|describir|ayudar|procesar|analizar|"
    r"acceder|abrir|visualizar|proporcionar|interpretar|cumplir|mostrar)",
    r"\bno (?:tengo acceso|veo ninguna|se (?:adjunt|recibi|ha adjunt|han adjunt|puede (?:ver|"
    r"describir|mostrar|procesar|cargar)|pudo)\w*|hay ninguna (?:imagen|captura)|he recibido)",
    r"\b(?:désolée?|malheureusement|navrée?|regrette)\b[^.\n]{0,60}\b(?:ne |n['’])(?:peux|suis|"
    r"puis|"
    r"ai|vois|est|parviens|m['’]est)",
    r"\bje (?:ne |n['’])(?:peux|suis|puis|ai|vois|parviens|saurais|dispose)\b(?: pas| aucune?)?[ "
    r"\w'’]{0,20}(?:voir|décrire|aider|en mesure|accès|image|capture|traiter|analyser|accéder|"
    r"visualiser|ouvrir|interpréter|répondre)",
    r"\b(?:aucune (?:image|capture)|l['’]image|les images|la capture)\b[^.\n]{0,30}(?:n['’](?:a|"
    r"est|ont)|ne peut|ne s['’]|manqu|jointe)",
    r"\b(?:mi dispiace|purtroppo|spiacente)\b[^.\n]{0,60}\bnon (?:posso|sono|ho|riesco|è|vedo)",
    r"\bnon (?:posso|riesco a|sono in grado di) (?:veder|descriver|aiutar|elaborar|accedere|"
    r"analizzar|visualizzar|aprir|interpretar)",
    r"\b(?:desculpe|lamento|infelizmente|sinto muito)\b[^.\n]{0,60}\bnão (?:posso|consigo|tenho|"
    r"é|foi|sou|vejo|recebi)",
    r"\bnão (?:posso|consigo|tenho como|sou capaz de) (?:ver|descrever|ajudar|processar|analisar|"
    r"acessar|aceder|abrir|visualizar|fornecer|interpretar)|\bnão (?:tenho acesso|recebi nenhuma)",
    r"\b(?:het spijt me|sorry|helaas)\b[^.\n]{0,60}\b(?:niet|geen)\b|\bik kan (?:deze|dit|de|geen|"
    r"het|u|je)\b[^.\n]{0,60}(?:niet|beschrijven|bekijken|zien)",
    r"(?:申し訳|すみません|残念ながら)[^。\n]{0,60}(?:できません|できない|いたしかねます|"
    r"ありません|見えません|いません)",
    r"(?:画像|スクリーンショット|写真)[^。\n]{0,30}(?:できません|できない|見えません|見ることが|"
    r"ありません|添付されて|"
    r"受け取って|読み込め|いたしかね|お答えでき)",
    r"(?:죄송|유감|아쉽)[^.\n]{0,60}(?:없습니다|수 없|못)|(?:이미지|스크린샷|"
    r"화면)[^.\n]{0,20}(?:볼 수 없|"
    r"설명할 수 없|처리할 수 없|확인할 수 없|첨부되지|없습니다)",
    r"(?:извините|простите|к сожалению|сожалею)[^.\n]{0,60}(?:\bне\b|\bнет\b)|\bя не (?:могу|вижу|"
    r"имею|получил|буду|в состоянии|способ)",
    r"(?:изображени\w*|скриншот\w*|снимк\w*|картин\w*)\b[^.\n]{0,25}\b(?:не (?:удалось|прикреп|"
    r"могут|"
    r"может|получен|загру|видн|доступ|буд)|недоступ|отсутств)",
    r"\b(?:przykro mi|przepraszam|niestety)\b[^.\n]{0,60}\bnie\b|\bnie (?:mogę|jestem w stanie|"
    r"widzę|mam dostępu)[^.\n]{0,40}(?:zdję|obraz|zrzut|opis|zobac|pom)",
    r"\b(?:tyvärr|jag kan)\b[^.\n]{0,40}\b(?:inte|inga)\b|\b(?:beklager|desværre|jeg kan)\b[^.\n]{"
    r"0,40}\b(?:ikke|ingen)\b",
    r"\büzgünüm\b[^.\n]{0,80}|\b(?:görüntü|resim|ekran)\w*\b[^.\n]{0,40}(?:göremiyorum|"
    r"açıklayamam|işleyemiyorum|tanımlayamam|erişemiyorum)",
    r"\bxin lỗi\b[^.\n]{0,60}\bkhông\b|\bmaaf\b[^.\n]{0,60}\btidak\b|\btidak (?:dapat|bisa) "
    r"(?:melihat|menggambarkan|memproses|membantu)",
    r"(?:عذر|آسف|للأسف)[^.\n]{0,80}(?:لا|غير)|(?:क्षमा|माफ़|खेद)[^।\n]{0,80}(?:नहीं|असमर्थ)",
)
REFUSED = re.compile("|".join(_PLAIN), re.I)

# What refuses when a sentence begins so, and says nothing that only a look can have told.
_AT = r"(?:in|to|with|for|on|from|of|alongside|accompanying|along with)"
_HERE = (
    rf"(?:(?:{_AT} )?(?:this|your|the|our|my) (?:conversation|message|chat|request|prompt|"
    r"input|context|side|end|query|text|thread|session)|here|for me|to me|me\b|at all)"
)
_WEAK = (
    # I have not got it, or cannot see at all.
    rf"\bI(?:['’]ve| have|['’]m| am| do| did| was)?(?: currently| actually| only| really| simply| "
    rf"just)* (?:lack|have no|had no|don['’]t (?:actually )?have|do not (?:actually )?have|(?:do )?"
    rf"not possess|haven['’]?t|have not|did(?:n['’]t| not) (?:get|receive|see)|never (?:got|"
    rf"received|saw)|not (?:getting|seeing|receiving|been (?:given|sent|shown)|given|shown|sent|"
    rf"equipped|receiv\w+|seen|got)|(?:missing|without))\b[^.\n]{{0,70}}?(?:{_OF_PICTURE}|"
    rf"abilit(?:y|ies)|capabilit(?:y|ies)|capacity|vision|eyes|sight|access|means|way|tools?|"
    rf"permission)\b",
    r"\bI(?:['’]m| am| can| was| have been| have|['’]ve)? (?:only|just|solely|limited)\b"
    r"[^.\n]{2,50}?\b(?:text|words?|labels?|one|a single|two|three|four|written|captions?)\b",
    r"\bI (?:work|operate|deal|function)[^.\n]{0,20}\b(?:text|words|language)\b[^.\n]{0,12}\b(?:"
    r"alone|only|exclusively)\b",
    rf"\bI\b[^.\n]{{0,110}}\b(?:but|yet|though|without|and|with) (?:not|no|none of)\b (?:\w+ "
    rf"){{0,2}}"
    rf"{_OF_PICTURE}",
    rf"\bthere (?:does(?:n['’]t| not)|do(?:n['’]t| not)|is(?:n['’]t| not)|are(?:n['’]t| not)|"
    rf"was(?:n['’]t| not)|were(?:n['’]t| not)) (?:(?:appear|seem) to (?:be|have been) )?"
    rf"(?:an?|any) (?:\w+ )?{_OF_PICTURE}",
    r"^(?:blocked|filtered|withheld|removed|hidden|redacted|flagged|censored|suppressed|omitted|"
    r"skipped) (?:by|for|due|because|under|on)\b",
    rf"\bmore (?:\w+ )?{_OF_PICTURE} than\b",
    r"\bvision (?:is|was|has|support)\b[^.\n]{0,10}\b(?:not|n['’]t|disabled|unavailable|off)\b",
    rf"\bI (?:see|have|received|got|find|was given|can see|am seeing|"
    rf"count)\b[^.\n]{{0,40}}?\b(?:no|"
    rf"zero|none of the)\b (?:\w+ ){{0,2}}{_OF_PICTURE}",
    rf"\b(?:no|zero|none of the|without (?:any|the)|not a single) (?:\w+ ){{0,2}}{_OF_PICTURE}"
    rf"(?: content| data| inputs?| files?)?[ ,]*(?:{_HERE}|to (?:look at|describe|see|view|go on|"
    rf"work with|analy[sz]e)|(?:(?:was|were|is|are|has|have|had|actually|seem\w*|appear\w*|been|to|"
    rf"come|came|have been|could be|can be)\s)*(?:accompan\w+|uploaded|included|given|shown|"
    rf"accompan\w+|reached|arriv\w+|detected|available|"
    rf"attached|came through|come through|found|received|provided|in this|in your|supplied|shared|"
    rf"here|visible|loaded|decoded|present|sent|passed|accessible)|[.!\])]*$)",
    rf"\b(?:there (?:is|are|was|were)|there['’]s|there (?:seems?|appears?) to be) (?:no|not any|"
    rf"n['’]t any|zero)\b (?:\w+ ){{0,2}}{_OF_PICTURE}",
    # They are not there, or nothing can be made of them.
    rf"\b{_OF_PICTURE}(?: \d+| content| data| file| input| you \w+(?: \w+){{0,3}}| in (?:your|"
    rf"this) "
    rf"\w+| itself| here| quality| number \d+| #\d+|(?: \w+)?\([^)]*\)|(?: \d+,? ?(?:and|to|-|–) ?"
    rf"\d+)){{0,3}}[:,–—-]? ?(?:(?:is|are|was|were|has been|have been|seems?(?: to be| to have "
    rf"been)?|"
    rf"appears?(?: to be| to have been)?|looks?|came out|arrived|remains?|['’]s|being|come|comes|"
    rf"either|both|all|probably|apparently|still|currently|also|likewise) )*{_GONE}",
    rf"\b{_OF_PICTURE}(?: \d+| you \w+(?: \w+){{0,2}}| content| data)?(?: (?:seems?|appears?) to "
    rf"have)? {_LOST}",
    rf"\b(?:{_OF_PICTURE}|request|content|descriptions?|frame|this one|these|it|this)(?: \d+| "
    rf"content"
    rf"| data| file| here| of this \w+)? {_PASSIVE}",
    rf"\btoo many (?:\w+ )?{_OF_PICTURE}|\b(?:exceeds?|exceeded|exceeding|over|above|beyond) (?:my|"
    rf"the|our) (?:\w+ )?(?:limit|maximum|number|capacity|context|quota)",
    r"\b(?:image|visual|vision|picture|multi-?modal)(?: and \w+)?[ -](?:inputs?|processing|support|"
    r"understanding|analysis|recognition|capabilit\w+|module|features?|interpretation|"
    r"functionality)\b[^.\n]{0,30}\b(?:not|n['’]t|unavailable|disabled|unsupported|missing|off|"
    r"beyond|outside|lacking|dropped|ignored|limited)\b",
    r"\b(?:no|without|lacks?|lacking|not have(?: any)?) (?:\w+ ){0,2}(?:image|visual|vision|"
    r"picture|multi-?modal)[ -]?(?:inputs?|processing|support|understanding|capabilit\w+|module|"
    r"encoder|features?|abilit\w+)?\b",
    r"\b(?:model|system|version|endpoint|configuration|assistant|setup|deployment)\b[^.\n]{0,20}"
    r"(?:does(?:n['’]t| not)|do not|cannot|can['’]t|is not able to|only)[^.\n]{0,20}(?:support|"
    r"accept|handle|process|see|view|read|text)",
    # It is not for me.
    rf"\b{_PICTURE_WORK}(?:(?:is|are|lies?|falls?|goes|would|could|might|may|exceeds?|be|raises?|"
    rf"risks?|isn['’]t|seems?|crosses) ?)+(?:outside|beyond|against|not |violat|inappropriate|"
    rf"unethical|something I|a violation|breach|harm|ethical|an invasion|an? intrusion|infring|"
    rf"prohibited|forbidden|off[- ]limits|disallowed|a breach)",
    r"\b(?:would|is|would be|is it|it['’]d be|would feel) (?:be )?(?:not |n['’]t )?(?:be )?"
    r"(?:inappropriate|wrong|unethical|improper|not appropriate|not right|not ethical|appropriate|"
    r"irresponsible|ethical|right|a violation)\b[^.\n]{0,20}\b(?:to|for me|of)\b[^.\n]{0,30}"
    r"(?:describ|comment|report|shar|disclos|analy|do|view|process)",
    rf"^[\[(*_\s]*(?:unable|not able|failed|can(?:not|['’]t)|could(?: not|n['’]t)|impossible|error|"
    rf"refus\w+|declin\w+|skipp\w+)\b[ :,–—-]*(?:to |while |in )?{_VERBING}?\b[^.\n]{{0,50}}"
    rf"(?:{_OF_PICTURE}|this|it|that|content)\b",
    r"^[\[(*_\s]*(?:unable|not able|failed|cannot|can['’]t|could not|couldn['’]t|not possible|"
    r"impossible|refus(?:ed|ing|al)|declin(?:ed|ing)) ?(?:to )?(?:describe|process|view|read|"
    r"analy[sz]e|load|access|open|see|decode|display|comply|answer|assist|help|determine|"
    r"identify)?[\])*_\s.!]*$",
    rf"^[\[(*_\s]*(?:{_OF_PICTURE}|description|content|frame|no {_OF_PICTURE}|nothing|access|"
    rf"output|"
    rf"response|answer|request)(?: \d+)?[ :–—-]*(?:{_GONE}|denied|failed|error|not (?:loaded|"
    rf"available|provided|found|described|processed|received|shown|possible|permitted)|"
    rf"load(?:ing)? "
    rf"(?:error|failed)|(?:was |is )?(?:refused|declined|filtered|moderated|removed|censored|"
    rf"hidden))\b",
    r"\ba? ?description(?:s)? (?:of \w+(?: \w+)? )?(?:is|are|was|were)(?:n['’]t| not|"
    r" im)(?: be)? ?(?:possible|available|something|feasible|given|provided)",
)
_WEAKLY = re.compile("|".join(_WEAK), re.I)

# The same in any words: somebody who speaks of himself, or of the pictures or the request as such,
# and denies something, where nothing of a screen is told.
_DENIED = (
    r"(?:\w*n['’]t\b|\bcannot\b|\bnot\b(?! (?:to )?(?:skip|merge|refer|omit))|\bno\b|\bnever\b|"
    r"\bwithout\b|\bnothing\b|\bnone\b|"
    r"\bunable\b|\bunfortunately\b|\bimpossible\b|\brather\b)"
)
_MISSING = (
    r"(?:\b(?:stripped|dropped|lost|exceeds?|exceeded|absent|missing|removed|rejected|ignored|"
    r"nowhere|"
    r"left out|cut off|on my (?:end|side)|discarded|withheld|denied|unavailable|unreadable)\b)"
)
_REQUEST = (
    rf"(?:{_OF_PICTURE}|(?:image|visual|picture) (?:analysis|understanding|description)|this "
    rf"request|"
    r"your request|the request|this task|this content|what is shown|descriptions?)"
)
_FOREIGN_NO = (
    r"(?:\b(?:nicht|kein\w*|no (?=puedo|se\b|hay|h[ae]|es\b|tengo|veo|fue|pude|está|disp)|"
    r"ninguna?|sin|pas|aucune?|sans|non|nessuna?|não|nenhuma?|niet|geen|не|"
    r"нет|nie|żadn\w+|inte|inga|ikke|ingen|yok|değil|không|tidak|bez)\b|無|无|没|未|不|"
    r"ませ[んぬ]|ない|"
    r"없|않|못|\w+[aeı]m[ıiuü]yor\w*|\bلا\b|\bلم\b|नहीं)"
)
_FOREIGN_PICTURE = (
    r"(?:\b(?:bild(?:er|es|ern)?|bildschirmfotos?|screenshots?|anfrage|imágenes|imagen|capturas?|"
    r"solicitud|images?|captures?|demande|immagin[ei]|schermat[ae]|richiesta|imagem|imagens|pedido|"
    r"afbeelding(?:en)?|schermafbeelding(?:en)?|verzoek|изображени\w*|скриншот\w*|снимк\w*|"
    r"картин\w*|"
    r"запрос\w*|zdję\w*|zrzut\w*|obraz\w*|skärmbild\w*|billede\w*|görüntü\w*|resim\w*|hình|ảnh|"
    r"gambar|"
    r"kann|darf|puedo|peux|posso|consigo|могу|mogę|kan)\b|图|圖|截|画像|スクリーン|이미지|스크린샷|"
    r"صور|चित्र|छवि)"
)
_ANYHOW = re.compile(
    rf"^\W*(?:[\w ,’'-]{{0,70}}?[,:;–—-] ?(?:and |but |so |yet |as |since )?|(?:that|this) is \w+ "
    rf"(?:that )?|\w+ (?:that )?)?I\b(?:['’]\w+)?[^.,\n]{{0,50}}?{_DENIED}"
    rf"|^\W*(?:[\w'’]+[ ,:;–—-]+){{0,8}}?{_REQUEST}[^.\n]{{0,50}}?(?:{_DENIED}|{_MISSING})"
    rf"|^\W*(?:\w+ ){{0,3}}(?:upload|server|api|gateway|client|platform|template|system|service)\b"
    rf"[^.\n]{{0,25}}(?:stripped|dropped|removed|failed|rejected|lost|did(?:n['’]t| not))"
    rf"|^\W*(?:still )?(?:wait(?:ing)? for|awaiting|where (?:are|is)|i(?:['’]d| would)? need|"
    rf"i(?:['’]m| "
    rf"am) (?:waiting|missing))\b[^.\n]{{0,20}}{_PICTURE}"
    r"|^\W*(?:nope|no|sorry|well)?\W*not going to \w+"
    r"|^\W*I (?:must |have to |hereby |simply )*(?:refuse|decline)\b"
    rf"|\bI(?:['’]ll| will|['’]m going to|['’]d)? (?:skip|omit|leave out|pass over|exclude|"
    rf"withhold) "
    rf"(?:this|it|the (?:\w+ )?{_PICTURE})"
    r"|\b(?:undescribed|leaving (?:it|this) (?:out|blank))\b"
    r"|^\W*(?:\w+[ ,]+){0,4}you (?:haven['’]t|have not|did(?:n['’]t| not)|forgot to|never) \w*(?:"
    r"attach|upload|provid|includ|send|sent|shar|suppl|give)"
    r"|^\W*(?:there (?:is|was) )?(?:nothing|none|no \w+) (?:attached|uploaded|provided|included)\b"
    r"|^\W*your (?:upload|attachments?)\b"
    r"|^\W*je (?:refuse|décline)|^\W*ich (?:lehne|verweigere)|^\W*me niego"
    r"|^\W*(?:nothing|none|no \w+) (?:was|were|is|has been|have been|seems to be|appears to be) "
    r"(?:attached|uploaded|provided|received|sent|included|supplied)"
    r"|^\W*(?:as per|according to|due to|because of|under|following|in line with|given|for|out "
    r"of respect for) (?:\w+ ){0,3}"
    r"(?:privacy|safety|polic(?:y|ies)|guidelines?|ethical|confidentiality)",
    re.I,
)
_ANYHOW_FOREIGN = re.compile(
    rf"^[^.\n]{{0,40}}?(?:{_FOREIGN_PICTURE}[^.\n]{{0,60}}?{_FOREIGN_NO}"
    rf"|{_FOREIGN_NO}[^.\n]{{0,60}}?{_FOREIGN_PICTURE})",
    re.I,
)
# What stands before tells that the screen says it, or somebody on it.
_OF_SCREEN = re.compile(
    r"\b(?:shows?|showing|displays?|displaying|reads?|reading|says?|saying|states?|stating|"
    r"answers?|"
    r"answered|repl(?:y|ies|ied)|message|messages|chat|error|errors|dialog|dialogue|page|window|"
    r"pane|panel|terminal|console|browser|tab|banner|toast|popup|pop-up|notification|modal|log|"
    r"logs|output|prints?|printed|warning|warns?|reports?|reporting|titled|headline|issue|ticket|"
    r"e?-?mail|document|slide|function|class|test|tests|editor|line|comment|code|script|developer|"
    r"\w+(?:Error|Exception)|failed|"
    r"user|person|they|he|she|someone|customer|with|whose|where|opened?|chatbot|prompt|query|post|"
    r"thread|bot|assistant|viewer|gallery|player|form|label|caption|placeholder|thumbnail|icon)\b",
    re.I,
)
# How a model begins that speaks of itself, or to its reader.
_OWN = re.compile(
    r"\W*(?:I\b|sorry|unfortunately|thank|however|as an?\b|this\b|these\b|the (?:content|images?|"
    r"pictures?|screenshots?|request|prompt)\b|my\b|it (?:seems|looks|appears)|no\b|to\b|since|"
    r"because|describ|monitor|you\b|your\b|out of\b|due\b|given\b)",
    re.I,
)
# A detail that cannot be read is no refusal.
_DETAIL = re.compile(
    r"\b(?:read|see|identify|discern|tell|make out|determine|recogni[sz]e|say) (?:the |from )?"
    r"(?:small|exact|full|tiny|rest|precise|labels?|text|names?|details?|"
    r"what (?:the|is)|which|whether|who|if|all|every|any (?:text|more|further|other))",
    re.I,
)
# Without one of these no pattern matches; looking for them is quick.
_HINTS = (
    "ik", "je", "no", "ich", "jag", "n't", "nie", "não", "n’t", "too", "xin", "cant", "fail",
    "just", "kein", "lack", "leid", "lost", "maaf", "navr", "need", "omit", "only", "send",
    "skip", "wait", "wont", "alone", "désol", "ekran", "error", "ethic", "lehne", "more ",
    "never", "on my", "polic", "refus", "resim", "share", "sinto", "sorry", "spijt", "text-",
    "tidak", "üzgün", "absent", "afraid", "apolog", "as per", "attach", "aucune", "barred",
    "beyond", "broken", "censor", "declin", "due to", "exceed", "filter", "forbid", "forgot",
    "görünt", "helaas", "hidden", "lament", "perdón", "please", "przepr", "rather", "redact",
    "regret", "siento", "solely", "tyvärr", "unable", "unread", "upload", "violat", "against",
    "blocked", "corrupt", "cut off", "damaged", "desculp", "discard", "disculp", "dropped",
    "décline", "exclude", "flagged", "illegib", "infeliz", "leaving", "limited", "malheur",
    "missing", "outside", "przykro", "refrain", "removed", "unavail", "undecod", "without",
    "beklager", "conflict", "contrary", "desværre", "disabled", "dispiace", "inaccess",
    "left out", "prohibit", "stripped", "suppress", "where is", "withheld", "wrong to",
    "according", "could you", "guideline", "prevented", "purtroppo", "spiacente", "where are",
    "impossible", "respectful", "restricted", "verweigere", "exclusively", "undescribed",
    "unsupported", "inappropriate", "language model",
)  # fmt: skip
_OTHER_SCRIPT = re.compile("[^\x00-\u024f‐-‧]")
# Who looks at something may be unsure of it, and a picture may have no text in it.
_LOOKS = re.compile(
    rf"\bI (?:can |could )?(?:see|notice|observe|think|believe|assume|recogni[sz]e) (?!no|"
    rf"nothing|only|"
    rf"neither)|\bnot (?:sure|certain|clear\b|entirely|fully|exactly|quite|very|much|easily|"
    rf"really clear|"
    rf"possible to (?:tell|say|read)|legible enough)|\b{_PICTURE} (?:itself )?(?:has|have|"
    rf"contains?|"
    rf"depicts?|includes?|features?|captures?|presents?|consists?)\b",
    re.I,
)
_ENGLISH = re.compile(r"\b(?:the|is|are|of|and|with|this|it|for|on)\b", re.I)
# Files, numbers, identifiers.
_FIGURES = re.compile(r"\w\.[a-z]{1,5}\b|\d{2,}|\w_\w|\w\(\)")
_NEAR, _FIRST_WORD = 25, 5
_LEAD, _LEAD_OF_WEAK = 90, 60
_LONGEST = 1500
_WHOLE = re.compile(r"\b(?:images?|screenshots?|pictures?|request)\b", re.I)
_LABELS = re.compile(
    r"^[ \t>*#\d.)-]*(?:\*\*)?(?:[A-Z][\w /]{2,30}|visible|(?:developer_)?action|applications|"
    r"apps|topics|description|"
    r"summary|content|text|activity|note|error|message)(?:\*\*)?:[ \t*]*",
    re.M,
)
_CELLS = re.compile(r"^[ \t]*\|[ \t]*\d*[ \t]*\|?|[ \t]*\|[ \t]*$|[ \t]+\|[ \t]+", re.M)
_SENTENCES = re.compile(r"(?<=[.!?。])\s+|\n+|。")
_SAID = re.compile(r'"(?:error|message|refusal|reason|note|status)"\s*:\s*"([^"]+)')
# What a form says where it has nothing to say.
_NOTHING = re.compile(
    r"[\W_]*(?:(?:n/?a|none|unknown|not (?:applicable|available|identifiable|visible|determinable|"
    r"known)|undetermined|unidentifiable|cannot be determined|unclear|null|nothing|nil|"
    r"(?:screenshot|frame|image) ?\d+)[\W_]*)*",
    re.I,
)


@lru_cache(maxsize=4096)
def refusal_in(section: str) -> str | None:
    """Return the refusal that a section begins with, or mostly is."""
    if not _has_hint(section):
        return None
    if section.lstrip().startswith("{") and (said := _SAID.search(section)):
        section = said[1]
    said = prose(section.replace("N/A", "NA"))
    if "|" in said:
        said = _CELLS.sub("\n", said)
    said = _LABELS.sub(_kept_label, said)
    sentences = [one.strip() for one in _SENTENCES.split(said) if one.strip()]
    length = sum(map(len, sentences))
    for number, sentence in enumerate(sentences):
        is_main = number == 0 or length < 4 * len(sentence) or section == sentence
        if not is_main or not _has_hint(sentence):
            continue
        if _refuses(sentence) or _refuses_without_telling(sentence, sentences):
            return sentence[:160]
    return None


def _kept_label(label: "re.Match[str]") -> str:
    return label[0] if _names_app(label[0]) else ""


@lru_cache(maxsize=1024)
def _names_app(label: str) -> bool:
    return mentions_app(label)


def _has_hint(text: str) -> bool:
    if not text.isascii() and _OTHER_SCRIPT.search(text):
        return True
    lower = text.lower()
    return any(hint in lower for hint in _HINTS)


def _refuses(sentence: str) -> bool:
    """Return whether a sentence refuses by itself."""
    match = REFUSED.search(sentence)
    # A person on the screen may be sorry too: what a model refuses, it says first, or alone.
    if not match or match.start() > _LEAD:
        return False
    if _is_detail(sentence, match):
        return False
    return not _is_told(sentence[: match.start()])


def _is_told(lead: str) -> bool:
    """Return whether what follows is told of an application, or of somebody on the screen."""
    if mentions_app(lead) or "…" in lead:
        return True
    return _OF_SCREEN.search(lead) is not None and not _OWN.match(lead)


def _refuses_without_telling(sentence: str, sentences: list[str]) -> bool:
    """Return whether a sentence denies that there is a picture, and none tells anything of one."""
    if mentions_app(sentence) or not (_denies(sentence) or _refuses_anyhow(sentence)):
        return False
    others = [one for one in sentences if one is not sentence and not _NOTHING.fullmatch(one)]
    return not any(_tells(one) for one in others)


def _denies(sentence: str) -> bool:
    match = _WEAKLY.search(sentence)
    if not match or match.start() > _LEAD_OF_WEAK:
        return False
    lead = sentence[: match.start()]
    own = re.match(r"\W*your?\b", lead, re.I)
    return "…" not in lead and (own is not None or _OF_SCREEN.search(lead) is None)


def _refuses_anyhow(sentence: str) -> bool:
    if "…" in sentence or _FIGURES.search(sentence):
        return False
    match = _ANYHOW.search(sentence)
    if match and not _DETAIL.search(sentence):
        own = re.match(r"\W*your?\b", sentence, re.I) is not None
        if _LOOKS.search(sentence):
            return False
        return own or not _OF_SCREEN.search(match[0], _FIRST_WORD)
    if _ENGLISH.search(sentence):
        return False
    return _ANYHOW_FOREIGN.search(sentence) is not None


def _tells(sentence: str) -> bool:
    """Return whether a sentence tells of a screen: one that refuses, or asks, does not."""
    if REFUSED.search(sentence) or _WEAKLY.search(sentence) or sentence.endswith("?"):
        return False
    return mentions_app(sentence) or "…" in sentence or _FIGURES.search(sentence) is not None


def _is_detail(sentence: str, match: "re.Match[str]") -> bool:
    return _DETAIL.search(sentence) is not None and not _WHOLE.search(
        sentence, match.start(), match.end() + _NEAR
    )


def is_refusal(text: str) -> bool:
    """Return whether a text begins with a refusal and says little else."""
    return len(text) < _LONGEST and refusal_in(text) is not None
