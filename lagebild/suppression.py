"""Who must not enter again: the archive keeps keyed hashes of authors, handles and addresses, and harvests are held against them."""

from collections.abc import Callable, Iterable, Sequence

from crawler.canonical import canonical_url
from domain.model import Document
from domain.ports import ErasureArchive
from lagebild.pseudonyms import alias_of, keyed

AUTHOR, URL = "author", "url"
Admit = Callable[[Iterable[Document]], Sequence[Document]]


def author_hash(key: str, raw_id: str) -> str:
    """The hash of an author's id on its platform."""
    return keyed(key, f"id|{raw_id}")


def handle_hash(key: str, alias: str) -> str:
    """The hash of a handle (`platform|handle`)."""
    return keyed(key, f"handle|{alias}")


def url_hash(key: str, url: str) -> str:
    """The hash of an address, however it is spelt."""
    return keyed(key, f"url|{canonical_url(url)}")


def doorkeeper(archive: ErasureArchive, key: str) -> Admit:
    """Lets in what no hash on the list stands against."""

    def admit(documents: Iterable[Document]) -> Sequence[Document]:
        marked = [
            (document, _author_hashes(key, document), _url_hashes(key, document)) for document in documents
        ]
        authors = archive.suppressed(AUTHOR, [h for _, hashes, _ in marked for h in hashes])
        urls = archive.suppressed(URL, [h for _, _, hashes in marked for h in hashes])
        return [d for d, by, at in marked if authors.isdisjoint(by) and urls.isdisjoint(at)]

    return admit


def _author_hashes(key: str, document: Document) -> list[str]:
    author = document.entry.author
    if author is None:
        return []
    alias = alias_of(author)
    return [author_hash(key, author.raw_id), *([handle_hash(key, alias)] if alias else [])]


def _url_hashes(key: str, document: Document) -> list[str]:
    pages = [document.page.url, document.page.canonical_url] if document.page else []
    return [url_hash(key, url) for url in dict.fromkeys([document.entry.url, *pages]) if url]
