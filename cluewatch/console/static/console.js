"use strict";
// The console works without this file, but for drawing spans: it only adds keys to what is there.
// An element with data-key is pressed by that key; nothing is pressed while somebody writes.

const WRITING = "input:not([type=checkbox]), select, textarea";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches(WRITING)) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches(WRITING)) target.focus();
  else target.click();
});

// Places are code points of the stored text; the DOM counts UTF-16 units.
function placeOf(node, offset) {
  const run = node.parentElement.closest("[data-start]");
  if (!run) return null;
  const before = document.createRange();
  before.setStart(run, 0);
  before.setEnd(node, offset);
  return Number(run.dataset.start) + Array.from(before.toString()).length;
}

function selectedSpan() {
  const selection = document.getSelection();
  if (selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const start = placeOf(range.startContainer, range.startOffset);
  const end = placeOf(range.endContainer, range.endOffset);
  if (start === null || end === null || start >= end) return null;
  return { start, end, quote: selection.toString() };
}

function redraw(item, type, span) {
  const box = item.querySelector("input[name=span]");
  box.value = `${type}:${span.start}:${span.end}`;
  box.checked = true;
  item.querySelector("blockquote").textContent = span.quote;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-draw]");
  if (!button) return;
  const span = selectedSpan();
  const notice = document.getElementById("draw-notice");
  notice.hidden = span !== null;
  if (span === null) return;
  if (button.dataset.draw === "redraw") {
    const item = button.closest("li");
    redraw(item, item.dataset.type, span);
    return;
  }
  const select = document.getElementById("draw-type");
  const item = document.getElementById("drawn").content.firstElementChild.cloneNode(true);
  item.dataset.type = select.value;
  item.querySelector("b").textContent = select.selectedOptions[0].textContent;
  redraw(item, select.value, span);
  document.getElementById("review-findings").append(item);
});
