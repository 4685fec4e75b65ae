"""From a recording to the frames that matter, and the text on them."""
