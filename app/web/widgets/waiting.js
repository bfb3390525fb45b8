// Waiting: a page's place in line where the server has as many runs as it may. The line is kept by the
// server, which tells place and time when they change; the page is run again when it is its turn.
// data: {page, token, places}

import { about, address } from "../channel/socket.js";

const RETRY = 2000; // milliseconds until the next attempt to connect

export function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".saddle-waiting");
  const box = (root.box ??= new Waiting(root));
  clearTimeout(box.leaving);
  box.come = () => setTriggerValue("come", `${Date.now()}`);
  box.open(data);
  return () => (box.leaving = setTimeout(() => (box.close(), delete root.box), 100));
}

const time = (seconds) => (seconds < 90 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`);

/** A place in line in words. */
export function words({ place, seconds }, places) {
  const where = place === 1 ? "You are the first in line." : `You are number ${place} in line.`;
  const when =
    seconds === null
      ? "How long it takes cannot be told yet."
      : `It will probably be your turn in about ${time(seconds)}.`;
  const taken = places === 1 ? "The only place of this server is" : `All ${places} places of this server are`;
  return `${taken} taken. ${where} ${when}`;
}

class Waiting {
  constructor(root) {
    this.root = root;
    root.innerHTML = `<p class="place" role="status" aria-live="polite"></p>
      <p>This page goes on by itself when it is your turn: keep it open. To close it gives your place to the next.</p>`;
    this.line = root.querySelector(".place");
    this.say("All places of this server are taken. Looking for your place in line…");
  }

  open(data) {
    const again = this.data?.token === data.token && this.socket?.readyState <= WebSocket.OPEN;
    this.data = data;
    if (again) return;
    this.socket?.close();
    this.connect();
  }

  connect() {
    const socket = (this.socket = new WebSocket(address(this.data.page, "wait").replace(/^http/, "ws")));
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token: this.data.token }));
    socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    socket.onclose = () => {
      if (socket !== this.socket || this.closed || this.called) return;
      this.retry = setTimeout(() => this.connect(), about(RETRY));
    };
  }

  receive(message) {
    this.called = !["place", "stopping"].includes(message.type); // a server that ends is asked again
    if (message.type === "place") this.say(words(message, this.data.places));
    else if (message.message) this.say(message.message);
    else {
      this.say("It is your turn: the lab opens.");
      this.come();
    }
  }

  /** What screen readers read once for every change. */
  say(text) {
    if (text !== this.line.textContent) this.line.textContent = text;
  }

  close() {
    this.closed = true;
    clearTimeout(this.retry);
    this.socket?.close();
  }
}
