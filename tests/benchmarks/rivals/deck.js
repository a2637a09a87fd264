/* deck.gl's ScatterplotLayer over numbers as they come from the network, filtered on the graphics card */
import { Deck, MapView } from "@deck.gl/core";
import { DataFilterExtension } from "@deck.gl/extensions";
import { ScatterplotLayer } from "@deck.gl/layers";

const [longitude, latitude, zoom] = document.body.dataset.view.split(",").map(Number);
const [raw, names] = await Promise.all([
  fetch("stations.bin").then((answer) => answer.arrayBuffer()),
  fetch("names.txt").then((answer) => answer.text()),
]);
const length = raw.byteLength / 9,
  name = names.split("\n"),
  always = new Uint8Array(raw, length * 8),
  open = Float32Array.from(always);
let only = false;
const layer = () =>
  new ScatterplotLayer({
    id: "stations",
    data: {
      length,
      attributes: {
        getPosition: { value: new Float32Array(raw, 0, length * 2), size: 2 },
        getFilterValue: { value: open, size: 1 },
      },
    },
    getRadius: 3,
    radiusUnits: "pixels",
    getFillColor: [99, 110, 250, 255],
    pickable: true,
    filterRange: [only ? 1 : 0, 1],
    extensions: [new DataFilterExtension({ filterSize: 1 })],
  });
const deck = new Deck({
  parent: document.getElementById("map"),
  views: new MapView({ repeat: false }),
  initialViewState: { longitude, latitude, zoom },
  controller: true,
  useDevicePixels: 1,
  getTooltip: ({ index }) => (index >= 0 ? name[index] : null),
  layers: [layer()],
  onAfterRender: () => {
    window.rival.frames += 1;
  },
});
window.rival = {
  frames: 0,
  settled: () =>
    window.rival.frames > 0 && deck.isInitialized && !deck.needsRedraw({ clearRedrawFlags: false }) &&
    deck.props.layers.every((one) => one.isLoaded),
  shown: () => (only ? always.reduce((sum, one) => sum + one, 0) : length),
  filter(wanted) {
    only = wanted;
    deck.setProps({ layers: [layer()] });
  },
};
