"""The report as one HTML page: the Markdown report's words, plots, and a browser of the frames."""
