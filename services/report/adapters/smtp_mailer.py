"""Mail over SMTP."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Final

import aiosmtplib

from services.common.errors import PermanentError, TransientError
from services.report.domain.schedules import Mail

_TIMEOUT_S: Final = 30.0


class SmtpMailer:
    """A mail server.

    Args:
        host: its address.
        port: its port.
        sender: whom mails are from, as an address or as "Name <address>".
        user: whom to log in as; None: not at all.
        password: theirs.
        starttls: encrypt before anything is said; a server that cannot is refused.
    """

    def __init__(
        self, host: str, port: int, sender: str, user: str | None = None, password: str = "", *, starttls: bool = True
    ) -> None:
        self._host = host
        self._port = port
        self._sender = sender
        self._user = user
        self._password = password
        self._starttls = starttls

    async def send(self, mail: Mail) -> None:
        """Hand a mail over, each recipient by themselves unseen by the others.

        Raises:
            TransientError: the mail server is away, or wants it later.
            PermanentError: it refuses the mail.
        """
        try:
            await aiosmtplib.send(
                self._message(mail),
                recipients=list(mail.recipients),
                hostname=self._host,
                port=self._port,
                username=self._user or None,
                password=self._password or None,
                start_tls=self._starttls,
                timeout=_TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            if all(code >= 500 for code in codes):
                raise PermanentError(f"every recipient is refused ({codes[0]})") from error
            raise TransientError(f"the mail server wants it later ({codes[0]})") from error
        except aiosmtplib.SMTPAuthenticationError as error:
            raise TransientError(f"the mail server does not know us ({error.code})") from error
        except aiosmtplib.SMTPResponseException as error:
            text = f"the mail server said {error.code} {error.message}"
            raise (PermanentError(text) if error.code >= 500 else TransientError(text)) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise TransientError(f"the mail server is away: {type(error).__name__}") from error

    def _message(self, mail: Mail) -> EmailMessage:
        name, address = parseaddr(self._sender)
        message = EmailMessage()
        message["Message-ID"] = f"<{mail.name}@{address.partition('@')[2] or 'facetally'}>"
        message["From"] = Address(name or "facetally", addr_spec=address)
        message["To"] = "undisclosed-recipients:;"
        message["Subject"] = mail.subject
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        for file in mail.attachments:
            main, _, sub = file.media_type.partition(";")[0].partition("/")
            message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
        return message
