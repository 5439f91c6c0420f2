"""Scores of the reading model on held-out gold; nothing here is imported by the corridor."""
