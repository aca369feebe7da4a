"""The picture of a page that may be shown: private persons masked in its words, pictures blurred.

Nothing here tells a face from anything else, so every picture, film, frame and drawing is blurred
whole. The page's own scripts are stopped first, so that none can put back what was taken away.
"""

from __future__ import annotations

from playwright.async_api import CDPSession, JSHandle, Page

from crawlers import browser_page
from crawlers.browser_page import Settled
from documents.masking import mask

# Text nodes by the block they stand in, so that a name in two nodes is read as one.
_GROUPS = """() => {
  const groups = new Map();
  const root = document.body || document.documentElement;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    let block = node.parentElement;
    if (!block || /^(SCRIPT|STYLE|NOSCRIPT|TEMPLATE)$/.test(block.tagName)) continue;
    while (block !== root && getComputedStyle(block).display.startsWith('inline')) {
      block = block.parentElement;
    }
    if (!groups.has(block)) groups.set(block, []);
    groups.get(block).push(node);
  }
  return [...groups.values()];
}"""
_READ = "(groups) => groups.map((nodes) => nodes.map((node) => node.data))"
_WRITE = """(groups, shown) => groups.forEach((nodes, i) => nodes.forEach((node, j) => {
  if (node.data !== shown[i][j]) node.data = shown[i][j];
}))"""
# What text nodes do not reach: pictures, fields, frames, backgrounds, and trees of their own.
_BLUR = """() => {
  const tags = 'img,picture,video,canvas,svg,iframe,frame,embed,object,input,textarea,select';
  const blur = (element) => element.style.setProperty('filter', 'blur(30px)', 'important');
  const bare = (element) => element.style.setProperty('background-image', 'none', 'important');
  for (const element of document.querySelectorAll('*')) {
    if (element.shadowRoot || element.tagName.includes('-') || element.matches(tags)) blur(element);
    if (getComputedStyle(element).backgroundImage.includes('url(')) bare(element);
  }
  const sheet = document.createElement('style');
  sheet.textContent = '*::before,*::after,*::marker{background-image:none!important;' +
    'content:none!important}';
  document.documentElement.append(sheet);
}"""


async def screenshot(page: Page, session: CDPSession, settled: Settled) -> bytes:
    """The page from its top, PNG, as it may be shown. Changes the page."""
    await session.send("Emulation.setScriptExecutionDisabled", {"value": True})
    groups = await page.evaluate_handle(_GROUPS)
    await _mask(groups)
    await page.evaluate(_BLUR)
    return await browser_page.screenshot(page, settled)


async def _mask(groups: JSHandle) -> None:
    shown = [_masked(texts) for texts in await groups.evaluate(_READ)]
    await groups.evaluate(_WRITE, shown)


def _masked(texts: list[str]) -> list[str]:
    """The texts of one block, masked as the whole that they are read as."""
    whole, pieces = mask("".join(texts)), []
    for text in texts:
        pieces.append(whole[: len(text)])
        whole = whole[len(text) :]
    return pieces
