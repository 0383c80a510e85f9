"""Languages: which one is spoken, and that nothing is left untranslated."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from services.report.pages import i18n
from services.report.pages.templating import FOLDER

METHODS = [("pages/**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false"}}
TEMPLATES = sorted((FOLDER / "templates").rglob("*.html"))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.speak("en")
    yield
    i18n.speak("en")


def messages() -> set[str | tuple[str, ...]]:
    return {
        tuple(message) if isinstance(message, tuple) else message
        for _file, _line, message, _comments, _context in extract_from_dir(FOLDER, METHODS, OPTIONS)
    }


def catalogue(language: str) -> Catalog:
    with (i18n.CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


@pytest.mark.parametrize("language", [language for language in i18n.LANGUAGES if language != i18n.SOURCE])
def test_every_message_is_translated(language: str) -> None:
    """`make translations` collects what is new; the translation is written by hand."""
    known = {message.id: message for message in catalogue(language) if message.id}
    missing = [message for message in messages() if message not in known or not all(texts(known[message]))]
    assert missing == []
    assert not [message.id for message in known.values() if message.fuzzy]


@pytest.mark.parametrize("language", [language for language in i18n.LANGUAGES if language != i18n.SOURCE])
def test_a_translation_has_the_same_values_and_marks(language: str) -> None:
    for message in catalogue(language):
        source = message.id if isinstance(message.id, str) else message.id[-1]
        for text in texts(message) if source else []:
            assert set(re.findall(r"%\((\w+)\)s", text)) <= set(re.findall(r"%\((\w+)\)s", source)), source
            assert sorted(re.findall(r"</?\w+>", text)) == sorted(re.findall(r"</?\w+>", source)), source
            assert text.count("%%") == source.count("%%"), source


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(FOLDER / "templates")))
def test_a_template_has_no_words_of_its_own(template: Path) -> None:
    """Every word of a page goes through the catalogue: none stands between the tags as it is."""
    source = re.sub(
        r"\{#.*?#\}|<script\b.*?</script>|<svg.*?</svg>|<!--.*?-->", "", template.read_text(), flags=re.DOTALL
    )
    source = re.sub(r"\{%-? *trans\b.*?endtrans *-?%\}", "", source, flags=re.DOTALL)
    source = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)
    source = re.sub(r"<[^>]*>", "\n", source)
    source = re.sub(r"[a-z-]+=\"[^\"]*\"", "", source)  # of a macro that writes attributes
    source = re.sub(r"&\w+;", "", source)
    words = [line.strip() for line in source.split("\n") if re.search(r"[A-Za-z]{3,}", line)]
    assert [line for line in words if line not in ("facetally", "· facetally", "UTC")] == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr-FR,fr;q=0.9,de;q=0.5,en;q=0.4", "de"),
        ("fr", "en"),
        ("en;q=0.2,de;q=0.7", "de"),
        ("de;q=0,en", "en"),
        ("*", "en"),
        ("de;q=x,;;=,", "en"),
    ],
)
def test_a_browser_gets_the_language_that_it_likes_best(header: str, language: str) -> None:
    assert i18n.understood(header) == language


def test_messages_are_said_in_the_language_that_is_spoken() -> None:
    assert i18n.gettext("Visitors") == "Visitors"
    i18n.speak("de")
    assert i18n.gettext("Visitors") == "Besucher"
    assert i18n.ngettext("%(count)s shop", "%(count)s shops", 1) == "%(count)s Laden"
    assert i18n.ngettext("%(count)s shop", "%(count)s shops", 0) == "%(count)s Läden"


def test_a_language_that_is_not_known_changes_nothing() -> None:
    i18n.speak("de")
    i18n.speak("tlh")
    assert i18n.language() == "de"


async def test_a_request_speaks_its_own_language_and_leaves_others_alone() -> None:
    heard = []

    async def app(_scope: object, _receive: object, _send: object) -> None:
        heard.append(i18n.language())

    async def nothing(*_message: object) -> None:
        return None

    scope = {"type": "http", "headers": [(b"accept-language", b"de")]}
    await i18n.Language(app)(scope, nothing, nothing)  # type: ignore[arg-type]
    await i18n.Language(app)({"type": "http", "headers": []}, nothing, nothing)  # type: ignore[arg-type]
    assert heard == ["de", "en"]
