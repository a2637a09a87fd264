/* kepler.gl as its npm package builds it for pages without a bundler, one point layer and its own filter */
(function () {
  "use strict";
  const { KeplerGl, React, ReactDOM, ReactRedux, Redux } = window,
    [longitude, latitude, zoom] = document.body.dataset.view.split(",").map(Number),
    ID = "stations";
  const reducer = KeplerGl.keplerGlReducer.initialState({
    mapStyle: { styleType: "no_map" },
    uiState: { activeSidePanel: null, currentModal: null },
  });
  const store = Redux.createStore(
    Redux.combineReducers({ keplerGl: reducer }),
    {},
    Redux.applyMiddleware(...KeplerGl.enhanceReduxMiddleware([])),
  );
  const tell = (action) => store.dispatch(KeplerGl.wrapTo("map", action));
  const state = () => store.getState().keplerGl.map;
  const page = () =>
    React.createElement(
      ReactRedux.Provider,
      { store },
      React.createElement(KeplerGl.KeplerGl || KeplerGl.default, {
        id: "map",
        width: window.innerWidth,
        height: window.innerHeight,
        mapboxApiAccessToken: "",
      }),
    );
  ReactDOM.createRoot(document.getElementById("map")).render(page());
  const columns = { lat: "latitude", lng: "longitude" };
  fetch("stations.csv")
    .then((answer) => answer.text())
    .then((text) =>
      tell(
        KeplerGl.addDataToMap({
          datasets: { info: { id: ID, label: ID }, data: KeplerGl.processCsvData(text) },
          options: { centerMap: false, readOnly: false, autoCreateLayers: false },
          config: {
            version: "v1",
            config: {
              mapState: { longitude, latitude, zoom },
              mapStyle: { styleType: "no_map" },
              visState: {
                layers: [
                  {
                    id: ID,
                    type: "point",
                    config: {
                      dataId: ID,
                      label: ID,
                      columns,
                      isVisible: true,
                      visConfig: { radius: 3, fixedRadius: false, opacity: 1 },
                    },
                  },
                ],
                filters: [],
              },
            },
          },
        }),
      ),
    );
  const dataset = () => state() && state().visState.datasets[ID];
  window.rival = {
    store,
    settled: () => Boolean(dataset() && state().visState.layers.length && document.querySelector("#map canvas")),
    shown: () => (dataset() ? dataset().filteredIndex.length : 0),
    filter(wanted) {
      if (!wanted) return tell(KeplerGl.removeFilter(0));
      tell(KeplerGl.addFilter(ID));
      tell(KeplerGl.setFilter(0, "name", "always"));
      return tell(KeplerGl.setFilter(0, "value", [1, 1]));
    },
  };
})();
