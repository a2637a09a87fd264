/* A kind of activity in a list to choose from: its icon, drawn by the server in its colour, before its name. */
window.dashMantineFunctions = window.dashMantineFunctions || {};
window.dashMantineFunctions.kindOption = ({ option }, { pictures }) => {
  'use strict';
  const make = window.React.createElement;
  const icon = pictures[option.value] ? make('img', { src: pictures[option.value], alt: '', width: 16, height: 16, className: 'kind-icon' }) : null;
  return make('span', { className: 'kind-option' }, icon, option.label);
};
