"""The one exception whose text is meant for the user."""


class ScribebenchError(Exception):
    """A problem that the user can mend; the text names the file and the mend."""
