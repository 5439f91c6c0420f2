"""Where people look and correct: in a browser, in the terminal, and by an edited workbook.

app: addresses → pages (START READING HERE)      guard: who may ask at all         commands: `cxnlp serve`, `customer`
snapshot: the lake in memory, renewed as it grows   search: words → texts            forms: what a browser sends back
terminal: `cxnlp label`                           corrections: `cxnlp corrections` (list, export, import)
Like the command line it stands above the rooms and uses their public functions; it computes no figure itself.
"""
