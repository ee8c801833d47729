"""Lines that stand in an article and are not of it: related links, prompts, credits, share buttons."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.plain import one_line


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One block of a text. `tag`: p, head, item, quote, row, caption. `linked` is the share of letters in links."""

    tag: str
    text: str
    linked: float = 0.0


RELATED = re.compile(
    r"^\W*(?:.{0,90}(?:lesen|erfahren|finden|sehen) sie (?:hier|auch hier)\.?|(?<=>> ).*|(?:lesen|h[öo]ren|sehen|schauen) sie (?:auch|dazu|hier|mehr|weiter|jetzt|daz[ue]|im|den|unser)\b.*|lies auch\b.*|lesen sie dazu\b.*|"
    r"(?:auch|mehr) interessant\b.*|mehr (?:zum|zu|dazu|aus|über|von|lesen|erfahren|infos?|informationen|nachrichten|news|artikel)\b.{0,90}|"
    r"(?:das k[öo]nnte (?:sie|dich) auch interessieren|passend dazu|passend zum thema|weitere (?:artikel|themen|meldungen|nachrichten|infos?|informationen|news)|"
    r"siehe auch|zum thema|zum artikel|zur (?:meldung|startseite|[üu]bersicht)|weiterlesen|hier geht(?:'|’)?s? (?:es )?(?:zu[mr]?|weiter)|das sollten sie (?:lesen|wissen)|"
    r"meistgelesen|empfehlung(?:en)?(?: der redaktion)?|[äa]hnliche (?:artikel|themen)|aktuelle (?:nachrichten|meldungen)|im video|video|interaktiv|podcast)\b\s*:?.{0,60}|"
    r"read (?:more|next|also|the full|our)\b.*|related\b\s*(?::|stories|articles|content|topics|reading|links)?.{0,80}|see also\b.*|more (?:on|from|about|stories)\b.{0,80}|"
    r"(?:don't|dont) miss\b.{0,80}|recommended\b.{0,40}|you (?:may|might) (?:also )?(?:like|be interested)\b.*|most (?:read|popular)\b.{0,40}|also read\b.*|"
    r"(?:à )?lire (?:aussi|également|la suite)\b.*|voir aussi\b.*|sur le même sujet\b.*|à découvrir\b.*|leggi (?:anche|pure)\b.*|vedi anche\b.*|(?:approfondimento|guarda anche)\b.*)$",
    re.IGNORECASE,
)
PROMPT = re.compile(
    r"(?:(?:melden|tragen) sie sich (?:hier |jetzt |f[üu]r )?.{0,60}(?:newsletter|an)\b|newsletter\b.{0,40}(?:abonnieren|anmelden|bestellen|sichern)|(?:abonnieren|bestellen|erhalten|bekommen) sie .{0,60}newsletter|"
    r"(?:jetzt|hier|kostenlos).{0,40}\bnewsletter\b|folgen sie uns\b|folg(?:e|en)? .{0,30}(?:auf|bei) (?:whatsapp|instagram|facebook|twitter|x|tiktok|telegram|bluesky|linkedin|google)|"
    r"whatsapp[- ]?(?:kanal|channel).{0,60}(?:abonnieren|folgen|join)?|(?:sign|signing) up (?:for|to|here)\b|subscribe (?:to|for|now|here)\b|get (?:the|our|all the) .{0,50}(?:newsletter|inbox)|"
    r"delivered (?:straight |directly )?to your inbox|follow us on\b|join (?:our|us on|the) .{0,50}(?:whatsapp|telegram|facebook|channel|community)|download (?:our|the) .{0,30}app\b|"
    r"jetzt (?:testen|abonnieren|weiterlesen|registrieren|anmelden|abo)\b|abonnent(?:en)? (?:lesen|werden)\b|mit (?:spiegel|f|zeit|sz|welt|bild)?\s?(?:plus|\+) (?:weiter)?lesen|"
    r"(?:dieser|der) (?:artikel|text|inhalt) (?:ist|erschien|wurde) .{0,50}(?:abonnent|[üu]bersetz|kostenpflichtig|premium)|diesen artikel (?:teilen|merken|anh[öo]ren|vorlesen)|"
    r"empfohlener (?:externer|redaktioneller) inhalt|externe[rn]? inhalt|an dieser stelle (?:befindet|finden|ist)|ich bin damit einverstanden|inhalte? (?:von|aus) .{0,40}(?:anzeigen|laden|aktivieren)|"
    r"um (?:diesen|diese|den) (?:inhalt|element|video)\w* .{0,80}(?:anzuzeigen|zu sehen|nutzen)|please (?:enable|accept|turn on)|accept cookies|cookie[- ](?:einstellungen|settings)|"
    r"inscrivez-vous\b|abonnez-vous\b|cet article est réservé|iscriviti (?:alla|al|ora)|abbonati\b|seguici su|affiliate[- ]?links?|provisions?-links?|mit einem (?:sternchen|stern|\*) |we may earn|"
    r"(?:log|sign) in or (?:create|register|sign up)|create (?:an|a free) account|you must confirm your public display name|please logout and then login|(?:kostenlos|gratis|unverbindlich) (?:testen|probe ?lesen)|wie hat ihnen (?:dieser|der) artikel gefallen|"
    r"durchschnittliche bewertung|^fehler gefunden\?|braucht (?:deine|ihre) unterst[üu]tzung|folg(?:e|en sie)? .{0,30}(?:auf|bei) google (?:news|discover)|follow .{1,40} on (?:google|whatsapp|facebook|instagram|x|twitter)\b|"
    r"add us as a preferred source|are you affected\?|(?:get|got) in touch (?:at|with us|via)|join the conversation|(?:view|show|hide|post|leave a) comments?\b|community guidelines|commission (?:on|from) (?:sales|purchases)|this article contains affiliate|wir (?:erhalten|bekommen) .{0,40}provision)",
    re.IGNORECASE,
)
STANDALONE = re.compile(
    r"^\W*(?:anzeige|werbung|advertisement|ad|publicité|pubblicità|sponsored|drucken|teilen|merken|share|copy link|link kopieren|kommentare?|\d+ kommentare?|comments?|commenti|"
    r"artikel (?:merken|teilen|anh[öo]ren|vorlesen lassen)|inhalt|inhaltsverzeichnis|quellen?|quelle:.{0,60}|foto:.{0,80}|bild:.{0,80}|©.{0,80}|\(?(?:foto|bild|grafik|photo|image|credit|symbolbild|archivbild)s?\b\s?:.{0,80}|"
    r"facebook|twitter|whatsapp|e-?mail|pinterest|xing|linkedin|telegram|reddit|instagram|flipboard|bluesky|threads|x|zurück|weiter|mehr|schließen|schliessen|nach oben|"
    r"(?:stand|aktualisiert|update|erstellt|veröffentlicht|updated|published|zuletzt aktualisiert)\s*(?:am|on|:)?\s*:?\s*\d.{0,50}|lesezeit:?.{0,20}|\d+ min(?:uten|\.)?(?: lesezeit| read)?|"
    r"(?-i:(?:Von|By|Par|Di|Text:|Autor:) (?:[A-ZÄÖÜ][\w.'’-]+(?: |, | und | and |$)){1,6})|aus dem \w+ (?:von|übersetzt).{0,60}|copyright:?.{0,60}|showpaywall:?|true|false|das video (?:konnte|kann) nicht .{0,40}|video laden|(?:mehr )?(?:bilder|fotos) anzeigen|alle (?:kommentare|artikel) (?:anzeigen|lesen)|view (?:gallery|comments|image).{0,30}|image source.{0,80}|getty images.{0,30})\W*$",
    re.IGNORECASE,
)
TAIL_HEAD = re.compile(
    r"^\W*(?:mehr (?:zum|zu[rm]?|aus|über|von)\b.{0,60}|weitere (?:artikel|themen|meldungen|nachrichten|news|links?|informationen)\b.{0,60}|das könnte (?:sie|dich) auch interessieren.{0,20}|auch interessant|"
    r"passend zum thema|lesen sie auch|related (?:articles|stories|content|topics|links)|more (?:from|on|about) .{0,60}|read (?:more|next)|kommentare?|comments?|leserkommentare|(?:über )?(?:den|die|der) autor(?:in|en|innen)?|zur person|"
    r"about the author|newsletter|meistgelesen(?:e artikel)?|empfehlungen.{0,30}|schlagworte|schlagwörter|themen|tags|topics|sur le même sujet|à lire aussi|leggi anche|teilen|share (?:this|on).{0,30}|"
    r"(?:mehr|aktuelle) (?:nachrichten|meldungen|news|podcasts|videos)\b.{0,40}|produktempfehlungen?|anzeige)\W*$",
    re.IGNORECASE,
)
# One of these stands in whatever PROMPT matches; looking for them first is fifty times cheaper.
PROMPT_WORDS = (
    "newsletter", "folge", "follow", "whatsapp", "sign", "subscri", "inbox", "join", "download", "jetzt", "abonn", "lesen",
    "artikel", "text", "inhalt", "dieser stelle", "einverstanden", "please", "accept", "cookie", "inscri", "iscri", "abbona",
    "seguici", "affiliate", "provision", "sternchen", "(*)", "may earn", "commission", "confirm", "logout", "testen", "probe",
    "gefallen", "bewertung", "gefunden", "unterst", "preferred", "affected", "in touch", "comment", "guidelines", "account", "article", "um d",
)  # fmt: skip
MOSTLY_LINK = 0.9
TAIL_SHARE = 0.2  # of what stands before; more than that is a chapter of the article
FRAME_LENGTH = 250  # characters
LAST_HEADS = 2
LINK_LIST = 0.65  # with three kickers in one paragraph
SHORT_LINK = 130
PROMPT_LENGTH = 420
RELATED_LENGTH = 220
STANDALONE_LENGTH = 130
SENTENCE_END = re.compile(r"[.!?…:;\"“”»«)\]]\W*$")


def kept(paragraphs: Sequence[Paragraph]) -> tuple[Paragraph, ...]:
    """The article's own paragraphs in order: repeats, related links, prompts and dangling headings are gone."""
    read = [one for one in map(_mended, paragraphs) if one.text]
    own = [one for one in _before_tail(read) if not is_boilerplate(one)]
    return tuple(_without_dangling_heads(_without_repeats(_without_frame(own))))


def is_boilerplate(paragraph: Paragraph) -> bool:
    """Whether a line is furniture by its own looks."""
    text = paragraph.text
    if (len(text) <= STANDALONE_LENGTH and STANDALONE.match(text)) or _prompts(text):
        return True
    if paragraph.linked >= MOSTLY_LINK:
        return paragraph.tag in ("item", "row") or len(text) > SHORT_LINK or not SENTENCE_END.search(text)
    if paragraph.linked >= LINK_LIST and text.count(": ") >= 3:
        return True
    return (
        len(text) <= RELATED_LENGTH
        and bool(RELATED.match(text))
        and (paragraph.linked > 0.2 or ":" in text[:60] or len(text) < 60)
    )


def _prompts(text: str) -> bool:
    if len(text) > PROMPT_LENGTH:
        return False
    lower = text.lower()
    return any(word in lower for word in PROMPT_WORDS) and PROMPT.search(text) is not None


def _mended(paragraph: Paragraph) -> Paragraph:
    return Paragraph(paragraph.tag, one_line(paragraph.text), paragraph.linked)


def _before_tail(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Cuts at a heading that opens the page's furniture, if nothing long follows it."""
    for place, paragraph in enumerate(paragraphs):
        if paragraph.tag != "head" or not TAIL_HEAD.match(paragraph.text):
            continue
        before = sum(len(one.text) for one in paragraphs[:place])
        after = sum(len(one.text) for one in paragraphs[place + 1 :])
        if after < TAIL_SHARE * before:
            return paragraphs[:place]
    return paragraphs


def _without_frame(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Without a few short table rows around the paragraphs: in old pages a table is the page's frame."""
    return _without_last_rows(_without_first_rows(paragraphs))


def _without_first_rows(paragraphs: list[Paragraph]) -> list[Paragraph]:
    rows = 0
    while rows < len(paragraphs) and paragraphs[rows].tag == "row":
        rows += 1
    is_frame = rows < len(paragraphs) and sum(len(row.text) for row in paragraphs[:rows]) < FRAME_LENGTH
    return paragraphs[rows:] if is_frame else paragraphs


def _without_last_rows(paragraphs: list[Paragraph]) -> list[Paragraph]:
    row = paragraphs[-1] if len(paragraphs) > 1 else None
    is_frame = row is not None and row.tag == "row" and len(row.text) < STANDALONE_LENGTH
    return paragraphs[:-1] if is_frame and paragraphs[-2].tag != "row" else paragraphs


def _without_repeats(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """A block that stands twice is kept once; short ones (a speaker's name) may come back."""
    seen: set[str] = set()
    unique: list[Paragraph] = []
    for paragraph in paragraphs:
        if len(paragraph.text) >= 40 and paragraph.text in seen:
            continue
        seen.add(paragraph.text)
        unique.append(paragraph)
    return unique


def _without_dangling_heads(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """A heading or two at the end announce what is no longer there; a longer run is a list that is meant."""
    run = 0
    while run < len(paragraphs) and paragraphs[-1 - run].tag == "head":
        run += 1
    return paragraphs[: len(paragraphs) - run] if run <= LAST_HEADS else paragraphs
