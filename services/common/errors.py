"""The three ways in which work on a message can fail. Anything else is a bug."""


class TransientError(Exception):
    """A dependency is away or slow. The message is held and tried again until it works."""


class PermanentError(Exception):
    """This message can never succeed. It goes to the dead letters, with the reason."""


class BadInputError(Exception):
    """What somebody sent us is unusable. They are told, and it is counted; nobody retries.

    Args:
        reason: a constant in snake_case, fit for a metric label.
        message: a sentence for whoever sent it.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
