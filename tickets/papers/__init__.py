"""The template set of official papers (文书). Data: an office may replace any file of it."""
