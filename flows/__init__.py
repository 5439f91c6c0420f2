"""Prefect, and nothing else: flows order the stages, retry, schedule and report.

Tasks pass names and paths, never tables. Every flow also runs without Prefect, through `cxnlp`.
"""
