"""Edit distance between two texts, and to the best matching stretch of a longer one."""


def edit_distance(one: str, other: str) -> int:
    """Return the Levenshtein distance of two texts (Levenshtein 1966)."""
    return _bit_parallel(one, other, anywhere=False)


def best_stretch_distance(wanted: str, text: str) -> int:
    """Return the least Levenshtein distance of `wanted` to any stretch of `text` (Sellers 1980)."""
    return _bit_parallel(wanted, text, anywhere=True)


def _bit_parallel(pattern: str, text: str, anywhere: bool) -> int:
    """Return the distance by the bit-vector algorithm of Myers (1999), as Hyyro (2003) states it.

    A column of the dynamic programme is held in two integers of len(pattern) bits: where it rises
    by one (`up`), where it falls (`down`). With `anywhere` a match may begin and end anywhere in
    the text: the first row stays 0, and the least value of the last row is returned.
    """
    length = len(pattern)
    if not length:
        return 0 if anywhere else len(text)
    masks: dict[str, int] = {}
    for place, char in enumerate(pattern):
        masks[char] = masks.get(char, 0) | 1 << place
    full, top = (1 << length) - 1, 1 << (length - 1)
    up, down, distance = full, 0, length
    best = distance
    for char in text:
        same = masks.get(char, 0)
        diagonal = (((same & up) + up) ^ up) | same | down
        rises = down | (~(diagonal | up) & full)
        falls = up & diagonal
        if rises & top:
            distance += 1
        elif falls & top:
            distance -= 1
        best = min(best, distance)
        rises = (rises << 1 | (0 if anywhere else 1)) & full
        falls = (falls << 1) & full
        up = falls | (~(diagonal | rises) & full)
        down = rises & diagonal
    return best if anywhere else distance
