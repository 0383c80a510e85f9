"""Why a question gets no answer; each protocol says it in its own words. Pure."""


class ProblemError(Exception):
    """What is wrong, as Azure Face would say it.

    Args:
        status: of HTTP.
        code: Azure's.
        message: Azure's, where it has one for this.
        retry_after_s: from when on it makes sense to ask again.
    """

    def __init__(self, status: int, code: str, message: str, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


def access_denied() -> ProblemError:
    """There is no key, or nobody knows it."""
    return ProblemError(
        401,
        "401",
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active "
        "subscription and use a correct regional API endpoint for your resource.",
    )


def too_many_requests(wait_s: int) -> ProblemError:
    """The key has had its share."""
    return ProblemError(429, "429", f"Rate limit is exceeded. Try again in {wait_s} seconds.", wait_s)


def too_many_at_once() -> ProblemError:
    """The key has as many requests in the house as it may."""
    return ProblemError(429, "429", "Too many requests at once. Try again in 1 second.", 1)


def busy() -> ProblemError:
    """There is more to do than can be done, or nobody answers."""
    return ProblemError(503, "ServiceUnavailable", "The service is busy. Try again in 1 second.", 1)


def too_slow() -> ProblemError:
    """The question did not arrive in time."""
    return ProblemError(408, "RequestTimeout", "The request did not arrive in time.")


def wrong_argument(message: str) -> ProblemError:
    """Something in the address or in the headers makes no sense."""
    return ProblemError(400, "BadArgument", message)


def invalid_body() -> ProblemError:
    """The body is not what it should be."""
    return wrong_argument("Request body is invalid.")


def invalid_json() -> ProblemError:
    """It should be JSON and is not."""
    return wrong_argument("JSON parsing error.")


def unsupported_media(first: str, second: str) -> ProblemError:
    """Its content type is neither of those that can be read."""
    return ProblemError(415, "UnsupportedMediaType", f"Content-Type is not supported. Use {first} or {second}.")


def not_found() -> ProblemError:
    """Nothing is at this address."""
    return ProblemError(404, "404", "Resource not found")


def no_file() -> ProblemError:
    """A form without a photo."""
    return ProblemError(400, "NoFile", "Required request part 'file' is not present")


def no_face() -> ProblemError:
    """A photo without a face, where that is an error."""
    return ProblemError(400, "NoFace", "No face is found in the given image")


def too_small() -> ProblemError:
    """Fewer bytes than any photo has."""
    return ProblemError(400, "InvalidImageSize", "Image size is too small.")


def too_big() -> ProblemError:
    """More bytes, or pixels, than are looked at."""
    return ProblemError(400, "InvalidImageSize", "Image size is too big.")


def not_an_image() -> ProblemError:
    """Not a picture in one of the formats."""
    return ProblemError(400, "InvalidImage", "Decoding error, image format unsupported.")


def invalid_url() -> ProblemError:
    """Not an address that is fetched from."""
    return ProblemError(400, "InvalidURL", "Invalid image URL.")


def unreachable_url() -> ProblemError:
    """Nothing comes from there."""
    return ProblemError(400, "InvalidURL", "Invalid image URL or error downloading from target server.")


def not_supported(features: list[str]) -> ProblemError:
    """Attributes that are not estimated."""
    names = ", ".join(features)
    return ProblemError(
        403,
        "UnsupportedFeature",
        f"Feature is not supported, missing approval for one or more of the following features: {names}.",
    )


# What detect, classify and the fetcher of photos say of bad input, by their reason.
_BY_REASON = {
    "unreadable": not_an_image,
    "too_many_pixels": too_big,
    "too_large": too_big,
    "bad_url": invalid_url,
    "unreachable": unreachable_url,
    "bad_question": invalid_body,
}


def of_reason(reason: str) -> ProblemError:
    """What a `BadInputError` means to whoever asked.

    Raises:
        KeyError: nobody has thought of that: it is ours.
    """
    return _BY_REASON[reason]()
