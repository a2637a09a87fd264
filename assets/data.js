/* The data page: a file goes to the server as it is, with its progress, not through a callback. */
(function () {
  "use strict";
  /* a cell of the grid on a page in English: Chinese text is said to be Chinese */
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  cells.AtlasCell = ({ value, valueFormatted }) => {
    const text = valueFormatted ?? value ?? "";
    return /[\u3400-\u9fff]/.test(text) ? window.React.createElement("span", { lang: "zh-CN" }, text) : text;
  };
  const DROP = "data-drop",
    STORE = "data-upload";
  let under = null;

  const box = () => document.getElementById(DROP);
  const say = (text) => {
    const at = document.getElementById("data-sending");
    if (at) at.textContent = text;
  };
  const store = (data) => window.dash_clientside.set_props(STORE, { data });

  function send(file) {
    const drop = box();
    if (!drop || !file) return;
    if (under) under.abort();
    if (file.size > Number(drop.dataset.limit)) {
      store({ message: drop.dataset.large });
      return;
    }
    const request = new XMLHttpRequest();
    under = request;
    request.open("POST", `${drop.dataset.address}&name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable)
        say(drop.dataset.sending.replace("{share}", Math.round((100 * event.loaded) / event.total)));
    });
    const done = () => {
      under = null;
      say("");
    };
    request.addEventListener("error", () => {
      done();
      store({ message: drop.dataset.lost });
    });
    request.addEventListener("load", () => {
      done();
      let answer = null;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        answer = { message: request.responseText || drop.dataset.lost };
      }
      store(request.status === 200 ? answer : { message: answer.message || drop.dataset.lost });
    });
    request.send(file);
  }

  function choose() {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = box().dataset.accept;
    input.addEventListener("change", () => send(input.files[0]));
    input.click();
  }

  const inside = (event) => event.target instanceof Element && event.target.closest(`#${DROP}`);
  document.addEventListener("click", (event) => {
    if (inside(event)) choose();
  });
  document.addEventListener("keydown", (event) => {
    if (inside(event) && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      choose();
    }
  });
  for (const name of ["dragover", "dragleave", "drop"])
    document.addEventListener(name, (event) => {
      const drop = box();
      if (!drop) return;
      // a file that misses the box must not replace the page
      event.preventDefault();
      drop.classList.toggle("drop-over", name === "dragover" && Boolean(inside(event)));
      if (name === "drop" && inside(event) && event.dataTransfer) send(event.dataTransfer.files[0]);
    });
})();
