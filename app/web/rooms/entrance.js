// Entrance: open a room, join one by its code, or go back into one that this browser was in.

import { inRoom, known } from "./identity.js";
import { button, field, make, spaced } from "./parts.js";

/** entered(hello) is called with the first message to the server. code: from the address. */
export class Entrance {
  constructor(entered, code) {
    this.entered = entered;
    this.element = make("div", { class: "entrance" });
    this.error = make("p", { class: "wrong", role: "alert", hidden: true });
    const before = code ? [inRoom(code)].filter(Boolean) : known();
    const join = this.joining(code);
    const open = this.opening();
    this.element.append(this.error, ...before.slice(0, 3).map((r) => this.back(r)), join, ...(code ? [] : [open]));
  }

  back({ code, secret, name, role }) {
    const as = role === "presenter" ? "as presenter" : `as ${name}`;
    const go = button(`Go back into ${spaced(code)} ${as}`, () => this.entered({ type: "back", code, secret }), {
      class: "main",
    });
    return make("section", { class: "card" }, go);
  }

  joining(code) {
    const letters = make("input", {
      type: "text",
      class: "letters",
      maxLength: 12,
      required: true,
      value: code ? spaced(code) : "",
      placeholder: "ABC DEF",
      autocapitalize: "characters",
      autocomplete: "off",
      spellcheck: false,
    });
    const name = make("input", { type: "text", maxLength: 24, required: true, autocomplete: "nickname" });
    const password = make("input", { type: "password", maxLength: 128, autocomplete: "off" });
    this.password = field("Password of the room", password);
    this.password.hidden = true;
    const form = make(
      "form",
      { class: "card", "aria-label": "Join a room" },
      make("h2", {}, "Join a room"),
      field("Code", letters, "Six letters; whoever presents shows them."),
      field("Your name", name, "The others see it. It need not be your own."),
      this.password,
      make("button", { type: "submit", class: "main" }, "Join"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.enter({ type: "join", code: letters.value, name: name.value, password: password.value });
    });
    queueMicrotask(() => (code ? name : letters).focus({ preventScroll: true }));
    return form;
  }

  opening() {
    const name = make("input", { type: "text", maxLength: 24, required: true, autocomplete: "nickname" });
    const password = make("input", { type: "password", maxLength: 128, autocomplete: "new-password" });
    const form = make(
      "form",
      { class: "card", "aria-label": "Open a room" },
      make("h2", {}, "Open a room"),
      make(
        "p",
        {},
        "You present: all others watch your run live, follow your pages and knobs, and answer your questions.",
      ),
      field("Your name", name),
      field("Password, if you want one", password, "Whoever joins is asked for it."),
      make("button", { type: "submit", class: "main" }, "Open"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.enter({ type: "open", name: name.value, password: password.value });
    });
    return form;
  }

  enter(hello) {
    this.say("");
    this.entered(hello);
  }

  /** Why it did not work. */
  say(text) {
    this.error.textContent = text;
    this.error.hidden = !text;
    if (/password/i.test(text)) {
      this.password.hidden = false;
      this.password.querySelector("input").focus();
    }
  }
}
