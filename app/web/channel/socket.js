// Channel: the WebSocket to one run. It sends hello, tries again when the connection is lost, and
// asks for no frames while the tab is hidden.

import { decode } from "./frames.js";

const FIRST_RETRY = 300; // milliseconds until the first attempt to connect again
const LAST_RETRY = 4000; // milliseconds between attempts at most
export const RESTART = 1500; // milliseconds that a server takes to end and begin again at least

/** About so many milliseconds: a half to one and a half of them, so that the browsers of a whole room
 * do not come at the same instant. */
export const about = (milliseconds) => milliseconds * (0.5 + Math.random());

export class Channel {
  /** on: {frame(frame), reply(message), state("connecting" | "open" | "lost" | "gone" | "full"),
   * stopping(text), error(text), resumed(reason), rests(text), end("refused" | "ended", text)}. After
   * `gone`, `full` and `end` it does not try again, after `rests` as soon as somebody is here. resumed
   * is called where the run goes on in place of one that was lost. */
  constructor(url, token, on) {
    this.url = url;
    this.token = token;
    this.on = on;
    this.retry = FIRST_RETRY;
    this.visible = () => this.send({ type: "show", visible: !document.hidden });
    document.addEventListener("visibilitychange", this.visible);
    this.connect();
  }

  connect() {
    this.on.state("connecting");
    const socket = (this.socket = new WebSocket(this.url));
    socket.binaryType = "arraybuffer";
    this.pictures = {}; // of the frame that came last
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token: this.token }));
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = () => this.lost(socket);
  }

  receive(data) {
    if (typeof data !== "string") {
      const message = decode(data, this.pictures);
      return message.reply === undefined ? this.on.frame(message) : this.on.reply(message);
    }
    const message = JSON.parse(data);
    if (message.type === "ready") {
      this.retry = FIRST_RETRY;
      this.stopping = false;
      this.on.state("open");
      if (document.hidden) this.visible();
      if (message.resumed) this.on.resumed(message.resumed);
    } else if (message.type === "resumed") {
      this.pictures = {};
      this.on.resumed(message.reason);
    } else if (message.type === "gone" || message.type === "full") {
      this.gone = true;
      this.on.state(message.type);
    } else if (message.type === "rests") {
      this.rest();
      this.on.rests(message.message);
    } else if (message.type === "stopping") {
      this.stopping = true; // it is no error that the connection ends now
      this.retry = Math.max(this.retry, RESTART);
      this.on.stopping(message.message);
    } else if (message.type === "refused" || message.type === "ended") {
      this.gone = true;
      this.on.end(message.type, message.message);
    } else if (message.message) {
      this.on.error(message.message);
    }
  }

  /** The run gives way to others until somebody is here again. */
  rest() {
    this.resting = new AbortController();
    const come = () => {
      if (document.hidden || this.closed) return;
      this.resting.abort();
      this.resting = null;
      this.connect();
    };
    for (const event of ["visibilitychange", "pointerdown", "keydown"])
      document.addEventListener(event, come, { signal: this.resting.signal });
  }

  lost(socket) {
    if (this.closed || this.gone || this.resting || socket !== this.socket) return;
    this.on.state("lost");
    this.timer = setTimeout(() => this.connect(), about(this.retry));
    this.retry = Math.min(LAST_RETRY, this.retry * 1.7);
  }

  /** Send a message; false where there is no connection. */
  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  close() {
    this.closed = true;
    this.resting?.abort();
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.visible);
    this.socket?.close();
  }
}

/** The address of one of Saddle's routes, relative to where the page was served from (base path,
 * proxy prefix). */
export function address(page, path) {
  const base = location.pathname.replace(/\/+$/, "").replace(new RegExp(`/${page}$`), "");
  return `${location.origin}${base}/saddle/${path}`;
}
