/* What the server refuses a page: who is not signed in (any more) goes to sign in; who may not is told so. */
(function () {
  "use strict";
  const plain = window.fetch;
  function told(text) {
    let box = document.getElementById("refused");
    if (!box) {
      box = document.createElement("p");
      box.id = "refused";
      box.className = "notice notice-bad refused";
      box.setAttribute("role", "alert");
      box.addEventListener("click", () => box.remove());
      document.body.append(box);
    }
    box.textContent = text;
  }
  window.fetch = async function (...asked) {
    const answer = await plain.apply(this, asked);
    const there = answer.headers.get("X-Sign-In");
    if (there && (answer.status === 401 || answer.status === 403)) {
      const next = window.location.pathname + window.location.search;
      const lang = document.documentElement.lang === "en" ? "en" : "zh";
      window.location.assign(`${there}?lang=${lang}&next=${encodeURIComponent(next)}`);
    } else if (
      answer.status === 403 &&
      asked.some((one) => String(one?.url ?? one).includes("_dash-update-component"))
    ) {
      told(await answer.clone().text());
    }
    return answer;
  };
})();
