"""What people say about the model's reading of a text: kept in a log, in force at once, and its teacher later.

A correction is the whole reading of one text as a person wants it; the latest one of a text stands.
labels: readings as objects, checked and compared      overlay: corrections laid over what the model says
gold: the log as labelled texts for training           sheet: the report's workbook, edited, as corrections
queue: which texts a person should look at first       (the commands are the desk's)
"""
