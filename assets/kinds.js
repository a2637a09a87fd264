/* A kind of activity in a list to choose from: its icon, drawn by the server in its colour, before its name. */
(() => {
  "use strict";
  window.dashMantineFunctions = window.dashMantineFunctions || {};
  window.dashMantineFunctions.kindOption = (one, about) => {
    const make = window.React.createElement,
      picture = about.pictures[one.option.value];
    const icon = picture ? make("img", { src: picture, alt: "", width: 16, height: 16, className: "kind-icon" }) : null;
    return make("span", { className: "kind-option" }, icon, one.option.label);
  };
})();
