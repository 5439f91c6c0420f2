"""Every figure that we claim, printed by a command: `python -m benchmarks.<name>`; see README.md here."""
