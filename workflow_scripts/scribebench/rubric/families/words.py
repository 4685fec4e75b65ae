"""Words that pictures show: common ones, none of them a name of somebody."""

_WORDS = (
    "amber anchor apple arrow autumn bakery bamboo basket beacon blanket border bottle branch "
    "bridge bright bronze bucket butter button cabin camera candle canyon carpet castle cedar "
    "cherry circle cloud coffee copper corner cotton crystal dancer desert distant dragon eagle "
    "early echo ember engine falcon feather field finger flower forest frozen garden gentle "
    "ginger glass golden granite hammer harbor harvest hazel hidden honey horizon island ivory "
    "jacket jungle kettle ladder lantern lemon letter lilac little marble market meadow melon "
    "mirror modern morning mountain narrow needle north ocean olive orange orchard paper parrot "
    "pebble pencil pepper picture planet pocket pollen purple quiet rabbit rapid ribbon river "
    "rocket saddle salmon sandy season secret shadow silent silver simple spring station stone "
    "summer sunset table temple thunder ticket tiger timber tunnel turtle umbrella valley velvet "
    "village violet walnut water wheel whisper willow window winter wonder yellow zebra"
)
WORDS = tuple(_WORDS.split())
