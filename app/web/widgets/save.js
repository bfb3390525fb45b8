// Save: a button that saves a run as a file. The server names the file after the step that the run has
// when the button is pressed. data: {page, token, label, help}

import { address } from "../channel/socket.js";

const HOLD = 10_000; // milliseconds a browser may need to take the file

export function mount({ data, parentElement }) {
  const root = parentElement.querySelector(".saddle-save");
  root.innerHTML = `<button type="button"></button><p></p>`;
  const [button, line] = root.children;
  button.textContent = data.label;
  const say = (text, kind = "help") => {
    line.textContent = text;
    line.dataset.kind = kind;
  };
  say(data.help);
  line.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const answer = await fetch(address(data.page, "snapshot"), { method: "POST", body: data.token });
      if (!answer.ok) throw new Error(await answer.text());
      const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition"))?.[1] ?? "run.snapshot";
      const href = URL.createObjectURL(await answer.blob());
      Object.assign(document.createElement("a"), { href, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(href), HOLD);
      say(`Saved as ${name}${name.endsWith("-small.snapshot") ? ", in its small form" : ""}.`);
    } catch (error) {
      const lost = error instanceof TypeError; // what fetch throws without a connection
      say(lost ? "The server cannot be reached: try again." : error.message, "error");
    }
    button.disabled = false;
  });
}
