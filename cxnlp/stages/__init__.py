"""The stages of the corridor: each reads the lake, calls the rooms' pure functions, and commits what is new."""
