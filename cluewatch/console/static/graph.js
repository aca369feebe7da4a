"use strict";
// Draws what a page states in a table as well: an element with data-graph holds the elements of
// Cytoscape.js. What has an address is opened by a click.

const COLOURS = { self: "#0f4c81", subject: "#54616e", tie: "#c77d00" };

function node(kind, shape, size) {
  return {
    selector: `node.${kind}`,
    style: {
      shape,
      width: size,
      height: size,
      "background-color": COLOURS[kind],
      label: "data(label)",
      color: "#1c2530",
      "font-size": 11,
      "text-wrap": "wrap",
      "text-max-width": 130,
      "text-valign": "bottom",
      "text-margin-y": 4,
    },
  };
}

for (const container of document.querySelectorAll("[data-graph]")) {
  const graph = cytoscape({
    container,
    elements: JSON.parse(container.dataset.graph),
    layout: { name: "cose", animate: false, randomize: false, padding: 24, nodeRepulsion: 40000 },
    style: [
      node("self", "ellipse", 30),
      node("subject", "ellipse", 22),
      node("tie", "round-rectangle", 14),
      { selector: "edge", style: { width: 1.5, "line-color": "#b6c0ca" } },
    ],
    userZoomingEnabled: false,
    maxZoom: 1.5,
  });
  graph.on("tap", "node[href]", (event) => location.assign(event.target.data("href")));
}
