"""Scrapy's settings. Whatever Scrapy would do by itself (redirects, retries, robots, cookies,
decompression, pacing) is off: the frontier, the robots gate and the evidence decide it."""

from __future__ import annotations

BOT_NAME = "cluewatch"
SPIDER_MODULES: list[str] = []

# On by default in 2.19: an HTTP server on loopback that executes the Python posted to it.
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False

# asyncio without a Twisted reactor: a crawl can start and end more than once in a process.
TWISTED_REACTOR_ENABLED = False
DOWNLOAD_HANDLERS = {
    "http": "crawlers.downloads.CheckedDownloadHandler",
    "https": "crawlers.downloads.CheckedDownloadHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 30
# A body that breaks off is kept and marked, not thrown away.
DOWNLOAD_FAIL_ON_DATALOSS = False

# Every redirect is a capture of its own; the frontier retries; each body is kept as it came.
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
RETRY_ENABLED = False
COOKIES_ENABLED = False
COMPRESSION_ENABLED = False
ROBOTSTXT_OBEY = False
REFERER_ENABLED = False
HTTPERROR_ALLOW_ALL = True
HTTPPROXY_ENABLED = False
URLLENGTH_LIMIT = 0
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9",
    "Accept-Encoding": "gzip",
}

# The pace is kept in civil time before a request reaches Scrapy; one connection to a host.
DOWNLOAD_DELAY = 0
CONCURRENT_REQUESTS = 64
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# Above 8 the scraper starts that many tasks for every response.
CONCURRENT_ITEMS = 1

LOG_LEVEL = "WARNING"
LOG_VERSIONS: list[str] = []
STATS_DUMP = False
MEMUSAGE_ENABLED = False
EXTENSIONS = {
    "scrapy.extensions.corestats.CoreStats": None,
    "scrapy.extensions.logstats.LogStats": None,
}
