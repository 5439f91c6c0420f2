"""`cxnlp serve`: the findings of a lake in a browser on this machine, every text behind them, and people's corrections.

app: addresses → pages (START READING HERE)      guard: who may ask at all         commands: `cxnlp serve`, `customer`
snapshot: the lake in memory, renewed as it grows   search: words → texts            forms: what a browser sends back
Like the command line it stands above the rooms and uses their public functions; it computes no figure itself.
"""
