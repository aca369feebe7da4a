"""One spelling for every address, and the site that it belongs to. Pure; nothing is looked up."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

import tldextract

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SESSION = frozenset(
    {"phpsessid", "jsessionid", "sessionid", "session_id", "cfid", "cftoken", "asp.net_sessionid"}
)
_TRACKING = frozenset(
    {
        "spm", "scm", "gclid", "fbclid", "msclkid", "yclid", "dclid", "bd_vid", "bd_bxst", "bfid",
        "hmsr", "hmpl", "hmcu", "hmkw", "hmci", "qz_gdt", "gdt_vid", "gdt_ad_id", "clickid",
        "click_id", "req_id", "e_matchtype", "e_creative", "e_adposition", "e_pagenum",
        "e_keywordid", "e_keyword", "sdclkid", "qhclickid", "isappinstalled", "sharer_shareid",
        "sharer_sharetime", "sharer_shareinfo", "sharer_shareinfo_first",
    }
)  # fmt: skip
_SESSION_PREFIXES = ("utm_", "aspsessionid")
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;?#]*", re.IGNORECASE)
_INDEX = re.compile(r"/index\.html?\Z", re.IGNORECASE)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNSAFE = re.compile(r"%(?![0-9A-Fa-f]{2})|[^!-~]|[\"<>\\^`{|}]")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ARCHIVE = re.compile(
    r"\A(https?://web\.archive\.org/web/\d{4,14}(?:[a-z]{2}_)?/)(https?://?.+)\Z",
    re.IGNORECASE | re.DOTALL,
)
_WECHAT_KEYS = ("__biz", "idx", "mid")
_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=65536)
def canonical_url(url: str) -> str:
    """The spelling under which two addresses of one page meet; applying it twice changes nothing.

    Host in lower-case ASCII, no default port, fragment, user, session id or tracking parameter,
    `index.html` as `/`, sorted query, escapes in one form (bytes that are not UTF-8 are kept as
    they are). A WeChat article by number is known by (__biz, mid, idx) alone. An address of a web
    archive keeps its time stamp in front of the canonical original. Anything that is not an
    http(s) address comes back as it is, without surrounding blanks.
    """
    url = re.sub(r"[\t\r\n]", "", url.strip())
    archived = _ARCHIVE.match(url)
    if archived:
        return archived[1] + canonical_url(archived[2])
    parts = split(url)
    if parts is None:
        return url
    scheme = parts.scheme.lower()
    query = _query(parts.query)
    path = _path(parts.path)
    if parts.hostname == "mp.weixin.qq.com" and (path == "/s" or path.startswith("/s/")):
        query = _wechat(query)
    joined = "&".join(query)
    return f"{scheme}://{_authority(parts, scheme)}{path}" + (f"?{joined}" if joined else "")


def archived_original(url: str) -> str:
    """The address that a web archive's copy stands for; any other address as it is."""
    archived = _ARCHIVE.match(url)
    return archived[2] if archived else url


@lru_cache(maxsize=16384)
def site_of(url: str) -> str:
    """The registrable domain of an address, or its whole host where no public suffix is known.

    Reserved names (`.test`), single labels and IP numbers are sites of their own. A web archive's
    copy belongs to the site of its original. "" when the address has no host.
    """
    parts = split(archived_original(url.strip()))
    if parts is None:
        return ""
    host = _host(parts)
    return _suffixes(host).top_domain_under_public_suffix or host


def split(url: str) -> SplitResult | None:
    """The parts of an http(s) address with a usable host and port, else None."""
    head, mark, tail = url.partition("?")
    try:
        parts = urlsplit(head.replace("\\", "/") + mark + tail)
        usable = parts.scheme in _DEFAULT_PORTS and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _authority(parts: SplitResult, scheme: str) -> str:
    host = _host(parts)
    if parts.port in (None, _DEFAULT_PORTS[scheme]):
        return host
    return f"{host}:{parts.port}"


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        return f"[{host}]"
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return _UNSAFE.sub(_quote, host)
    return host


def _path(path: str) -> str:
    path = _PATH_SESSION.sub("", _escapes(path))
    return _INDEX.sub("/", _without_dots(path)) or "/"


def _without_dots(path: str) -> str:
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _query(query: str) -> list[str]:
    pairs = [_escapes(pair) for pair in query.split("&") if pair and not _is_noise(pair)]
    return sorted(pairs, key=_name)


def _is_noise(pair: str) -> bool:
    name = _name(pair).lower()
    return name in _TRACKING or name in _SESSION or name.startswith(_SESSION_PREFIXES)


def _name(pair: str) -> str:
    return pair.partition("=")[0]


def _wechat(query: list[str]) -> list[str]:
    numbered = [pair for pair in query if _name(pair) in _WECHAT_KEYS]
    if len({_name(pair) for pair in numbered}) == len(_WECHAT_KEYS):
        return numbered
    return query if numbered or any(_name(p) in ("signature", "tempkey") for p in query) else []


def _escapes(text: str) -> str:
    """Escapes in upper case, unreserved characters bare, everything unsafe escaped as UTF-8."""
    if "%" in text:
        text = _ESCAPE.sub(_unescape, text)
    return _UNSAFE.sub(_quote, text)


def _unescape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _quote(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))
