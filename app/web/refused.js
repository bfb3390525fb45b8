// Streamlit's page waits without a word where its socket is refused, as it is behind a proxy that
// does not pass what it must. This script of its head (app/delivery/static.py) asks the server for
// the reason then, and shows it.

(async () => {
  for (let wait = 3000; wait < 60_000; wait *= 2) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (document.querySelector("[data-test-connection-state=CONNECTED]")) return;
    const url = `${window.__streamlit.BACKEND_BASE_URL}saddle/reach`;
    const answer = await fetch(url, { method: "POST" }).catch(() => ({}));
    if (answer.status === 204) return; // it has no reason
    if (answer.status !== 403) continue;
    const line = document.createElement("p");
    line.role = "alert";
    line.style = "position: fixed; inset: 0 0 auto; z-index: 1000; margin: 0; padding: 1rem";
    line.style.background = "#8f1d0b";
    line.style.color = "#fff";
    line.textContent = await answer.text();
    document.body.append(line);
    return;
  }
})();
