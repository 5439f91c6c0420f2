"""Errors that users see, and the reasons for which a row is rejected.

Configuration and code fail loudly (`CxnlpError`); rows fail softly (`RejectReason`, stored with the row).
"""

from __future__ import annotations

from enum import StrEnum


class CxnlpError(Exception):
    """A mistake that the reader of the message can mend; the command line prints it without a traceback."""

    exit_status = 1


class ConfigError(CxnlpError):
    """The configuration is wrong: names the key, the value, what is allowed and what to do."""

    exit_status = 2


class InputError(CxnlpError):
    """A file or folder given by the user cannot be read: names it and says what to do."""


class ModelError(CxnlpError):
    """A model file is missing or damaged: names the file and says how to restore it."""


class LakeError(CxnlpError):
    """The lake cannot be read or written."""


class RejectReason(StrEnum):
    """Why a row was not kept; stored in the `rejected` table."""

    EMPTY_TEXT = "empty_text"  # neither text in the mapped text columns nor a score
    BROKEN_ROW = "broken_row"  # cannot be parsed: wrong number of fields, unclosed quote, bad JSON
    BAD_ENCODING = "bad_encoding"  # bytes that the file's encoding does not allow
    REPEATED_ROW = "repeated_row"  # the same row, word for word, was read before (counted as a duplicate)
    NOT_A_MESSAGE = "not_a_message"  # service message, sticker, system line: no customer speaks
    FORGOTTEN = "forgotten"  # this customer asked to be forgotten: nothing of the row is stored
    EXPIRED = "expired"  # older than the retention time: nothing of the row is stored
    UNREADABLE_FILE = "unreadable_file"  # the whole file cannot be opened; row is null
