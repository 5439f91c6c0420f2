"""Customer feedback in Persian and English, turned into a journey map. Start reading at `cxnlp/pipeline.py`."""
