"""Words of many languages for numbers, colours, shapes, arrows, yes and no, and how to find them.

English and British, German, French, Spanish, Italian, Portuguese, Dutch, Chinese, Japanese and
Russian. Words are looked up folded (see `fold`); a word of five letters or more may hold one typo
unless it is itself a word.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from scribebench.grading.prose import english_words, listed


def fold(text: str) -> str:
    """Return a text in lower case without accents: `Fünf` and `funf` are one word.

    Marks of Japanese and other scripts, where they change the letter, stay.
    """
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFD", text.casefold())
    return unicodedata.normalize(
        "NFC", "".join(one for one in apart if not "\u0300" <= one <= "\u036f")
    )


def _folded(words: str) -> list[str]:
    return [fold(word).replace("_", " ") for word in words.split()]


# ---------------------------------------------------------------------------------------- numbers

_UNITS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
    "fünfzehn sechzehn siebzehn achtzehn neunzehn",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
    "seize dix-sept dix-huit dix-neuf",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce "
    "quince dieciséis diecisiete dieciocho diecinueve",
    "it": "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici "
    "quattordici quindici sedici diciassette diciotto diciannove",
    "pt": "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze "
    "dezesseis dezessete dezoito dezenove",
    "nl": "nul één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien "
    "vijftien zestien zeventien achttien negentien",
    "ru": "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать "
    "тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать",
}
_TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "vingt trente quarante cinquante soixante soixante-dix quatre-vingt quatre-vingt-dix",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "nl": "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
    "ru": "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто",
}
_HUNDRED = {
    "en": "hundred",
    "de": "hundert",
    "fr": "cent",
    "es": "cien",
    "it": "cento",
    "pt": "cem",
    "nl": "honderd",
    "ru": "сто",
}
# Other forms of the same numbers.
_MORE_NUMBERS = {
    0: "nought none kein keine nulla нуль",
    1: "single ein eine einen einem einer eines une una uma un een одна одно одну одного",
    2: "couple pair twin zwo beide deux duas две двух двое",
    3: "triple trio drei trois трёх трое",
    4: "четырёх четверо",
    5: "funf fuenf пяти пятеро",
    6: "шести",
    7: "семи",
    8: "восьми",
    9: "девяти",
    10: "десяти",
    12: "dozen zwoelf",
    14: "quattordici quatorze",
    16: "dezasseis dieciseis",
    17: "dezassete",
    19: "dezanove",
    30: "dreissig",
    80: "quatre-vingts huitante octante",
    70: "septante",
    90: "nonante",
}
# Everyday words of another language: a number only beside other words of its own.
AMBIGUOUS = {
    "due": "it",
    "once": "es",
    "sei": "it",
    "um": "pt",
    "un": "",
    "dez": "pt",
    "none": "",
    "single": "",
    "pair": "",
    "couple": "",
    "twin": "",
    "sette": "it",
    "cent": "fr",
}


def _compounds(language: str, units: list[str], tens: list[str]) -> dict[str, int]:
    """Return the numbers 21 to 99 as a language joins tens and units."""
    found: dict[str, int] = {}
    one_de = "ein"
    for ten_place, ten in enumerate(tens, 2):
        for unit_place, unit in enumerate(units[1:10], 1):
            value = ten_place * 10 + unit_place
            forms: list[str] = []
            if language == "en":
                forms = [f"{ten}-{unit}", f"{ten} {unit}", f"{ten}{unit}"]
            elif language == "de":
                forms = [f"{one_de if unit_place == 1 else unit}und{ten}"]
            elif language == "nl":
                forms = [f"{unit}en{ten}"]
            elif language == "fr":
                if ten_place in (7, 9):
                    base = tens[ten_place - 3]  # soixante et onze, quatre-vingt-douze
                    teen = units[10 + unit_place]
                    forms = [f"{base}-{teen}", f"{base} {teen}", f"{base} et {teen}"]
                else:
                    forms = [
                        f"{ten}-{unit}",
                        f"{ten} {unit}",
                        f"{ten} et {unit}",
                        f"{ten}-et-{unit}",
                    ]
            elif language == "es":
                forms = [f"{ten} y {unit}", f"{ten[:-1]}i{unit}"]
            elif language == "it":
                forms = [f"{ten}{unit}", f"{ten[:-1]}{unit}"]
            elif language == "pt":
                forms = [f"{ten} e {unit}"]
            elif language == "ru":
                forms = [f"{ten} {unit}"]
            found.update((form, value) for form in forms)
    return found


def _number_words() -> dict[str, int]:
    found: dict[str, int] = {}
    for language, said in _UNITS.items():
        units, tens = _folded(said), _folded(_TENS[language])
        for form, value in _compounds(language, units, tens).items():
            found.setdefault(form, value)
        for value, unit in enumerate(units):
            found.setdefault(unit, value)
        for place, ten in enumerate(tens, 2):
            found.setdefault(ten, place * 10)
        found.setdefault(fold(_HUNDRED[language]), 100)
    found["one hundred"] = found["a hundred"] = found["einhundert"] = 100
    for value, said in _MORE_NUMBERS.items():
        found.update((word, value) for word in _folded(said))
    return found


NUMBER_WORDS = _number_words()
ORDINALS = {
    word: value
    for value, said in enumerate(
        (
            "first 1st erste ersten erster erstes premier première primero primera primer primo "
            "prima primeiro primeira eerste первый первая первое 1er",
            "second 2nd zweite zweiten zweiter zweites deuxième seconde segundo segunda secondo "
            "seconda tweede второй вторая второе",
            "third 3rd dritte dritten dritter drittes troisième tercero tercera tercer terzo terza "
            "terceiro terceira derde третий третья третье",
            "fourth 4th vierte vierten vierter viertes quatrième cuarto cuarta quarto quarta "
            "vierde четвёртый четвёртая",
            "fifth 5th fünfte fünften cinquième quinto quinta vijfde пятый пятая",
            "sixth 6th sechste sechsten sixième sexto sexta sesto sesta zesde шестой шестая",
            "seventh 7th siebte siebten septième séptimo séptima settimo zevende седьмой",
            "eighth 8th achte achten huitième octavo octava ottavo achtste восьмой",
            "ninth 9th neunte neunten neuvième noveno novena nono negende девятый",
            "tenth 10th zehnte zehnten dixième décimo décima tiende десятый",
        ),
        1,
    )
    for word in _folded(said)
}
_HAN_DIGITS = {
    "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5, "六": 6,
    "七": 7, "八": 8, "九": 9,
}  # fmt: skip
_HAN = "零〇一二两兩三四五六七八九十百"
_JAPANESE_COUNTS = {
    "ひとつ": 1, "ふたつ": 2, "みっつ": 3, "よっつ": 4, "いつつ": 5, "むっつ": 6, "ななつ": 7,
    "やっつ": 8, "ここのつ": 9, "とお": 10,
}  # fmt: skip


def han_number(text: str) -> int | None:
    """Return the number, 0 to 199, that Chinese numerals say: `二十五` is 25."""
    if text in _HAN_DIGITS:
        return _HAN_DIGITS[text]
    match = re.fullmatch(
        r"(?:([一二两兩三四五六七八九]?)百零?)?(?:([一二两兩三四五六七八九]?)(十))?"
        r"([一二三四五六七八九]?)",
        text,
    )
    if not text or match is None:
        return None
    hundreds = 100 * _HAN_DIGITS.get(match[1], 1) if "百" in text else 0
    tens = 10 * _HAN_DIGITS.get(match[2] or "", 1) if match[3] else 0
    return hundreds + tens + _HAN_DIGITS.get(match[4], 0)


_DIGITS = re.compile(r"\d{1,9}")
_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")


@lru_cache(maxsize=8192)
def number_of(word: str) -> int | None:
    """Return the whole number that one word, or one compound, says; null for anything else."""
    word = fold(word.strip()).translate(_WIDE)
    if _DIGITS.fullmatch(word):
        return int(word)
    if (value := NUMBER_WORDS.get(word)) is not None:
        return value
    if word in _JAPANESE_COUNTS:
        return _JAPANESE_COUNTS[word]
    return han_number(word)


# ---------------------------------------------------------------------------------------- colours


def _declined(*stems: str) -> str:
    """Return German, Dutch or Russian adjectives with their endings; a stem ends in `-`."""
    german = ("", "e", "en", "er", "es", "em")
    russian = ("ый", "ая", "ое", "ые", "ых", "ого", "ую", "ой", "ым", "ыми", "ий", "яя", "ее", "ие",
               "их", "него", "юю", "ей", "им", "ими")  # fmt: skip
    return " ".join(
        stem[:-1] + end
        for stem in stems
        for end in (russian if "а" <= stem[0].lower() <= "я" else german)
    )


_COLOUR_WORDS = {
    "red": "red reds reddish crimson scarlet rouge rouges rojo roja rojos rojas rosso rossa rossi "
    "rosse vermelho vermelha vermelhos vermelhas rood rode encarnado "
    + _declined("rot-", "красн-"),
    "blue": "blue blues bluish navy azure cobalt bleu bleue bleus bleues azul azules azuis azul "
    "azzurro azzurra azzurri azzurre blu blauw blauwe "
    + _declined("blau-", "hellblau-", "dunkelblau-", "син-", "голуб-"),
    "green": "green greens greenish emerald lime vert verte verts vertes verde verdes verdi groen "
    "groene " + _declined("grün-", "gruen-", "hellgrün-", "dunkelgrün-", "зелён-"),
    "yellow": "yellow yellows yellowish jaune jaunes amarillo amarilla amarillos amarillas giallo "
    "gialla gialli gialle amarelo amarela amarelos amarelas geel gele жёлт golden gold "
    + _declined("gelb-", "жёлт-"),
    "orange": "orange oranges orangish naranja naranjas anaranjado anaranjada anaranjados "
    "anaranjadas arancione arancioni laranja laranjas oranje " + _declined("orangen-", "оранжев-"),
    "purple": "purple purples purplish violet violets violette violettes violeta violetas viola "
    "roxo roxa roxos roxas púrpura morado morada morados moradas lilac lila indigo paars paarse "
    "mauve " + _declined("violett-", "фиолетов-", "лилов-", "пурпурн-"),
    "pink": "pink pinks pinkish magenta fuchsia rose roses rosa rosas rosado rosada roze "
    + _declined("rosafarben-", "розов-"),
    "brown": "brown browns brownish tan brun brune bruns brunes marron marrons marrón marrones "
    "café marrone marroni castanho castanha marrom bruin bruine "
    + _declined("braun-", "коричнев-"),
    "black": "black blacks noir noire noirs noires negro negra negros negras nero nera neri nere "
    "preto preta pretos pretas zwart zwarte " + _declined("schwarz-", "чёрн-", "черн-"),
    "white": "white whites blanc blanche blancs blanches blanco blanca blancos blancas bianco "
    "bianca bianchi bianche branco branca brancos brancas wit witte "
    + _declined("weiß-", "weiss-", "бел-"),
    "grey": "grey greys gray grays greyish grayish silver gris grise grises grigio grigia grigi "
    "grigie cinza cinzas cinzento cinzenta grijs grijze " + _declined("grau-", "сер-"),
    "cyan": "cyan turquoise teal aqua türkis turchese turquesa turkoois бирюзов cian ciano cyaan "
    + _declined("türkis-", "бирюзов-"),
}
COLOURS = {fold(word): colour for colour, said in _COLOUR_WORDS.items() for word in said.split()}
_HAN_COLOURS = {
    "红": "red", "紅": "red", "赤": "red", "蓝": "blue", "藍": "blue", "青": "blue", "绿": "green",
    "綠": "green", "緑": "green", "黄": "yellow", "黃": "yellow", "橙": "orange", "橘": "orange",
    "オレンジ": "orange", "紫": "purple", "粉": "pink", "ピンク": "pink", "棕": "brown",
    "褐": "brown", "茶": "brown", "黑": "black", "黒": "black", "白": "white", "灰": "grey",
    "빨간": "red", "빨강": "red", "파란": "blue", "파랑": "blue", "초록": "green",
    "녹색": "green", "노란": "yellow", "노랑": "yellow", "주황": "orange", "보라": "purple",
    "분홍": "pink", "갈색": "brown", "검은": "black", "검정": "black", "흰": "white",
    "회색": "grey", "グレー": "grey", "ブルー": "blue", "レッド": "red", "グリーン": "green",
    "イエロー": "yellow",
}  # fmt: skip

# ----------------------------------------------------------------------------------------- shapes

_SHAPE_WORDS = {
    "circle": "circle circles circular disc discs disk disks dot dots ball balls sphere spheres "
    "circunference round Kreis Kreise Kreisen Kreises Punkt Punkte Scheibe Scheiben Kugel Kugeln "
    "cercle cercles rond ronds círculo círculos cerchio cerchi cerchietto cirkel cirkels круг "
    "круга круги кругов кругом кругами кружок кружка кружки кружков bola bolas",
    "square": "square squares box boxes cube cubes Quadrat Quadrate Quadraten Quadrats carré "
    "carrés cuadrado "
    "cuadrados quadrato quadrati quadrado quadrados vierkant vierkanten vierkantje vierkantjes "
    "квадрат квадрата квадраты квадратов квадратом квадратами",
    "triangle": "triangle triangles triangular Dreieck Dreiecke Dreiecken Dreiecks triángulo "
    "triángulos triangolo triangoli triângulo triângulos driehoek driehoeken треугольник "
    "треугольника треугольники треугольников треугольником",
    "rectangle": "rectangle rectangles rectangular oblong oblongs Rechteck Rechtecke Rechtecken "
    "rectángulo rectángulos rettangolo rettangoli retângulo retângulos rechthoek rechthoeken "
    "прямоугольник прямоугольника прямоугольники прямоугольников",
    "star": "star stars Stern Sterne Sternen étoile étoiles estrella estrellas stella stelle "
    "estrela estrelas ster sterren звезда звезды звёзды звёзд звезду звездой",
    "diamond": "diamond diamonds rhombus rhombuses rhombi rhomb lozenge lozenges Raute Rauten "
    "Rhombus Rhomben losange losanges rombo rombos rombi diamante diamantes losango losangos ruit "
    "ruiten ромб ромба ромбы ромбов",
    "pentagon": "pentagon pentagons Fünfeck Fünfecke Fünfecken pentagone pentagones pentágono "
    "pentágonos pentagono pentagoni vijfhoek vijfhoeken пятиугольник пятиугольника пятиугольники "
    "пятиугольников",
    "hexagon": "hexagon hexagons Sechseck Sechsecke Sechsecken hexagone hexagones hexágono "
    "hexágonos esagono esagoni zeshoek zeshoeken шестиугольник шестиугольника шестиугольники "
    "шестиугольников",
    "octagon": "octagon octagons Achteck Achtecke octogone octogones octágono octágonos octógono "
    "octógonos ottagono ottagoni achthoek achthoeken восьмиугольник восьмиугольники",
    "oval": "oval ovals ellipse ellipses Ellipse Ellipsen Ovale ovale ovales óvalo óvalos elipse "
    "elipses ovali ellisse ellissi ovaal ovalen овал овала овалы овалов эллипс эллипсы",
    "cross": "cross crosses Kreuz Kreuze Kreuzen croix cruz cruces cruzes croce croci kruis "
    "kruisen крест креста кресты крестов",
    "heart": "heart hearts Herz Herzen cœur coeur cœurs corazón corazones cuore cuori coração "
    "corações hart harten сердце сердца сердец",
    "arrow": "arrow arrows Pfeil Pfeile Pfeilen flèche flèches flecha flechas freccia frecce seta "
    "setas pijl pijlen стрелка стрелки стрелок",
    "trapezoid": "trapezoid trapezoids trapezium Trapez Trapeze trapèze trapecio trapecios "
    "trapezio trapézio trapézios трапеция трапеции",
    "parallelogram": "parallelogram parallelograms Parallelogramm parallélogramme paralelogramo "
    "parallelogramma параллелограмм",
    "crescent": "crescent crescents Halbmond",
    "line": "line lines Linie Linien ligne lignes línea líneas linea linee linha linhas lijn",
}
SHAPES = {fold(word): shape for shape, said in _SHAPE_WORDS.items() for word in said.split()}
_HAN_SHAPES = {
    "圆形": "circle", "圓形": "circle", "圆圈": "circle", "圓圈": "circle", "圆": "circle",
    "圓": "circle", "円形": "circle", "円": "circle", "丸": "circle", "まる": "circle",
    "サークル": "circle", "正方形": "square", "方块": "square", "方塊": "square", "方形": "square",
    "四角形": "square", "四角": "square", "スクエア": "square", "三角形": "triangle",
    "三角": "triangle", "长方形": "rectangle", "長方形": "rectangle", "矩形": "rectangle",
    "五角星": "star", "星形": "star", "星星": "star", "星": "star", "スター": "star",
    "菱形": "diamond", "ひし形": "diamond", "ダイヤ": "diamond", "五边形": "pentagon",
    "五邊形": "pentagon", "五角形": "pentagon", "六边形": "hexagon", "六邊形": "hexagon",
    "六角形": "hexagon", "八边形": "octagon", "八角形": "octagon", "椭圆形": "oval",
    "椭圆": "oval", "楕円形": "oval", "楕円": "oval", "十字": "cross", "心形": "heart",
    "ハート": "heart", "爱心": "heart", "箭头": "arrow", "矢印": "arrow", "梯形": "trapezoid",
    "平行四边形": "parallelogram", "정사각형": "square", "사각형": "square", "네모": "square",
    "동그라미": "circle", "원형": "circle", "원": "circle", "삼각형": "triangle",
    "직사각형": "rectangle", "육각형": "hexagon", "오각형": "pentagon", "별": "star",
    "하트": "heart",
    "십자": "cross",
}  # fmt: skip


class Symbol(NamedTuple):
    """A sign that stands for a shape; the colour is null where it has none of its own."""

    colour: str | None
    shape: str


SYMBOLS = {
    **{sign: Symbol(None, "circle") for sign in "●○◯◉◎⬤⭕⚬•"},
    **{sign: Symbol(None, "square") for sign in "■□▪▫◼◻◾◽▢⯀"},
    **{sign: Symbol(None, "triangle") for sign in "▲△▴▵▼▽▾▿◀▶◁▷⏶⏷"},
    **{sign: Symbol(None, "rectangle") for sign in "▬▭▮▯"},
    **{sign: Symbol(None, "star") for sign in "★☆✦✧✩✪"},
    **{sign: Symbol(None, "diamond") for sign in "◆◇⬥⬦♦♢"},
    **{sign: Symbol(None, "hexagon") for sign in "⬢⬡"},
    **{sign: Symbol(None, "pentagon") for sign in "⬟⬠"},
    **{sign: Symbol(None, "heart") for sign in "♥♡"},
    **{sign: Symbol(None, "cross") for sign in "✚✖✕"},
    "🔴": Symbol("red", "circle"),
    "🟠": Symbol("orange", "circle"),
    "🟡": Symbol("yellow", "circle"),
    "🟢": Symbol("green", "circle"),
    "🔵": Symbol("blue", "circle"),
    "🟣": Symbol("purple", "circle"),
    "🟤": Symbol("brown", "circle"),
    "⚫": Symbol("black", "circle"),
    "⚪": Symbol("white", "circle"),
    "🟥": Symbol("red", "square"),
    "🟧": Symbol("orange", "square"),
    "🟨": Symbol("yellow", "square"),
    "🟩": Symbol("green", "square"),
    "🟦": Symbol("blue", "square"),
    "🟪": Symbol("purple", "square"),
    "🟫": Symbol("brown", "square"),
    "⬛": Symbol("black", "square"),
    "⬜": Symbol("white", "square"),
    "🔳": Symbol(None, "square"),
    "🔲": Symbol(None, "square"),
    "🔺": Symbol("red", "triangle"),
    "🔻": Symbol("red", "triangle"),
    "🔶": Symbol("orange", "diamond"),
    "🔷": Symbol("blue", "diamond"),
    "🔸": Symbol("orange", "diamond"),
    "🔹": Symbol("blue", "diamond"),
    "⭐": Symbol("yellow", "star"),
    "🌟": Symbol("yellow", "star"),
    "❤": Symbol("red", "heart"),
    "💙": Symbol("blue", "heart"),
    "💚": Symbol("green", "heart"),
    "💛": Symbol("yellow", "heart"),
}

# ------------------------------------------------------------------------------ arrows, yes and no

ARROW = re.compile(
    r"[→➔➜➝➞➡⟶⇒⟹↦⇨▶►↓⬇⇓⟱»›]|(?<![<\w])[-=~–—]{1,4}>+|(?<!\S)>{1,3}(?!\S)"
    r"|\\(?:right|long ?right|Right|Longright|down)arrow\b|\\(?:to|implies|mapsto)\b"
    r"|&(?:rarr|gt|rArr);"
)
YES = frozenset(
    _folded(
        "yes y yeah yep true correct ja wahr richtig oui vrai vraie sí si verdadero verdadera "
        "cierto vero vera sim verdadeiro verdadeira waar да истина истинно верно правда 是 真 对 "
        "はい ✓ ✔ ✅ ☑"
    )
)
NO = frozenset(
    _folded(
        "no n nope false incorrect nein falsch non faux fausse falso falsa não nee onwaar нет ложь "
        "ложно неверно 否 假 不是 いいえ 偽 ✗ ✘ ❌ ✖"
    )
)

# ------------------------------------------------------------------------------------- finding them

Kind = Literal["number", "ordinal", "colour", "shape", "symbol"]


class Term(NamedTuple):
    """A number, colour or shape that a text names, at `text[start:end]`.

    `value` is the number, or the English name; of a symbol its shape, and `colour` is its colour.
    """

    kind: Kind
    value: int | str
    start: int
    end: int
    colour: str | None = None


_FUNCTION_WORDS = {
    "en": "the is are and of in image there with shown this that to it has",
    "de": "der die das ist sind und im bild es gibt mit ein eine zeigt den",
    "fr": "le la les est sont et dans il y a avec une des du",
    "es": "el la los las es son y en hay con una del imagen",
    "it": "il la le i gli è sono e nell nella ci con di immagine",
    "pt": "o a os as é são e na no há com uma imagem de",
    "nl": "de het een is zijn en in er zijn met van afbeelding",
}
_LANGUAGE_OF: dict[str, set[str]] = {}
for _language, _said in _FUNCTION_WORDS.items():
    for _word in _folded(_said):
        _LANGUAGE_OF.setdefault(_word, set()).add(_language)
_WORDS = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=512)
def language_of(text: str) -> str:
    """Return the language, of those written in Latin letters, that a text's small words are of.

    English if nothing tells.
    """
    votes = dict.fromkeys(_FUNCTION_WORDS, 0.0)
    for word in _WORDS.findall(fold(text[:2000])):
        languages = _LANGUAGE_OF.get(word, ())
        for language in languages:
            votes[language] += 1 / len(languages)
    best = max(votes, key=lambda language: votes[language])
    return best if votes[best] > 0 else "en"


# Words near a colour or a shape that the list of English words does not hold.
_REAL_WORDS = listed(
    "while write greet greed breen block blank slack crown drown grown frown pinky range squad "
    "squire star start stare dots doth heard hears crows across cycle circuit read lone live "
    "lived there these threw sever fever fives sight right light night might eighty fourth "
    "height weight sixty forth sever ninth teeth reds tree trees thee linen liner lined likes "
    "bored rouse roast stars cirque tangle single spare shape shapes scale scare share seven "
    "grund equal greens browse brow silver sliver aloe cross crops gros boss loss cloth bleak"
)


def _is_real(word: str) -> bool:
    return word in english_words() or word in _REAL_WORDS


def _deletions(word: str) -> set[str]:
    return {word[:place] + word[place + 1 :] for place in range(len(word))}


def _typo_index(words: dict[str, tuple[Kind, int | str]]) -> dict[str, list[str]]:
    index: dict[str, list[str]] = {}
    for word, (kind, _) in words.items():
        # Short words for numbers are near everyday words of some language: `sehen`, `seven`.
        least = 5 if kind in ("shape", "colour") else 7
        if len(word) >= least and " " not in word and word.isascii():
            for key in {word, *_deletions(word)}:
                index.setdefault(key, []).append(word)
    return index


def is_one_typo(one: str, other: str) -> bool:
    """Return whether one change, one lost or added letter, or one swap makes two words equal."""
    if one == other:
        return True
    if abs(len(one) - len(other)) > 1:
        return False
    place = 0
    while place < min(len(one), len(other)) and one[place] == other[place]:
        place += 1
    left, right = one[place:], other[place:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[:2][::-1] and left[2:] == right[2:])
    )


_TERMS: dict[str, tuple[Kind, int | str]] = {
    **{word: ("shape", shape) for word, shape in SHAPES.items()},
    **{word: ("ordinal", value) for word, value in ORDINALS.items()},
    **{word: ("colour", colour) for word, colour in COLOURS.items()},
    **{word: ("number", value) for word, value in NUMBER_WORDS.items()},
}
_TYPOS = _typo_index(_TERMS)


def grouped(patterns: Iterable[str]) -> str:
    """Return one pattern of alternatives in their order, those of one first letter together.

    Where a text's letter is not theirs, all of a group are passed over at once. Each pattern begins
    with a plain letter, and one that begins another one stands behind it.
    """
    groups: dict[str, list[str]] = {}
    for pattern in patterns:
        groups.setdefault(pattern[0], []).append(pattern[1:])
    return "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in groups.items())


_COMPOUND = grouped(
    sorted((re.escape(word) for word in NUMBER_WORDS if not word.isalpha()), key=len, reverse=True)
)
_HAN_TERMS = {**_HAN_SHAPES, **_HAN_COLOURS}
_SCAN = re.compile(
    rf"(?P<compound>(?<![^\W\d_])(?:{_COMPOUND})(?![^\W\d_]))"
    r"|(?P<digits>(?<![\d.,])\d{1,9}(?![\d]|[.,]\d))"
    r"|(?P<word>[A-Za-zª-ɏЀ-ӿ]+)"
    rf"|(?P<counted>{'|'.join(_JAPANESE_COUNTS)})"
    rf"|(?P<han>{'|'.join(sorted(_HAN_TERMS, key=len, reverse=True))})"
    rf"|(?P<number>[{_HAN}]+)"
    rf"|(?P<symbol>[{''.join(SYMBOLS)}])",
    re.I,
)


@lru_cache(maxsize=8192)
def term_of(word: str) -> tuple[Kind, int | str] | None:
    """Return the kind and value of one Latin or Cyrillic word; one typo is forgiven (5 letters)."""
    word = fold(word)
    if (found := _TERMS.get(word)) is not None:
        return found
    if len(word) < 5 or not word.isascii() or _is_real(word):
        return None
    near = {
        candidate
        for key in {word, *_deletions(word)}
        for candidate in _TYPOS.get(key, ())
        if is_one_typo(word, candidate)
    }
    meant = {_TERMS[candidate] for candidate in near}
    return meant.pop() if len(meant) == 1 else None


def terms(text: str) -> list[Term]:
    """Return the numbers, colours and shapes that a text names, in order."""
    return list(_terms(text))


@lru_cache(maxsize=2048)
def _terms(text: str) -> tuple[Term, ...]:
    found: list[Term] = []
    for match in _SCAN.finditer(text.translate(_WIDE)):
        group, said, (start, end) = match.lastgroup, match[0], match.span()
        if group == "digits":
            found.append(Term("number", int(said), start, end))
        elif group == "compound":
            found.append(Term("number", NUMBER_WORDS[fold(said)], start, end))
        elif group == "counted":
            found.append(Term("number", _JAPANESE_COUNTS[said], start, end))
        elif group == "han":
            kind: Kind = "shape" if said in _HAN_SHAPES else "colour"
            found.append(Term(kind, _HAN_TERMS[said], start, end))
        elif group == "number":
            value = han_number(said)
            if value is not None:
                found.append(Term("number", value, start, end))
        elif group == "symbol":
            symbol = SYMBOLS[said]
            found.append(Term("symbol", symbol.shape, start, end, symbol.colour))
        elif (term := term_of(said)) is not None:
            folded = fold(said)
            if folded in AMBIGUOUS:
                language = language_of(text)
                if AMBIGUOUS[folded] and AMBIGUOUS[folded] != language:
                    continue
            found.append(Term(term[0], term[1], start, end))
    return tuple(found)
