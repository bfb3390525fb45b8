// RoomLine: this tab's socket to its room (app/live/rooms/socket.py). One for the page: it stays open
// while one goes from lab to lab.
//
// Signals: "state" (room and mine have changed), "stage" (the run on show is another), "frame", "dot",
// "note" (a text), "forked", "cards", "qr", "entered", "over" (a text), "link" (connected or not).

import { decode } from "../channel/frames.js";
import { RESTART, about, address } from "../channel/socket.js";
import * as identity from "./identity.js";

const FIRST_RETRY = 300; // milliseconds
const LAST_RETRY = 4000;

/** Raw deflate as bytes. */
const inflated = (data) =>
  new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer();

export class RoomLine {
  constructor() {
    this.listeners = new Map();
    this.room = null; // the state that all see
    this.mine = null; // and that of this member
    this.me = null; // {code, secret, role, id, name, rule, pages}
    this.staged = null; // {data, run}: what is on show
    this.watching = false;
    this.retry = FIRST_RETRY;
    this.early = []; // frames that came before a Stage was ready for them
    this.order = Promise.resolve(); // frames are decoded one after the other
    document.addEventListener("visibilitychange", () => this.watching && this.sendWatch());
  }

  on(signal, listener) {
    const set = this.listeners.get(signal) ?? new Set();
    this.listeners.set(signal, set.add(listener));
    return () => set.delete(listener);
  }

  tell(signal, value) {
    for (const listener of [...(this.listeners.get(signal) ?? [])]) listener(value);
  }

  get presents() {
    return this.me?.role === "presenter";
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN && Boolean(this.me);
  }

  /** Enter a room: {type: "open" | "join" | "back", …}. page: the name of the page in its address. */
  enter(hello, page) {
    this.close();
    this.hello = hello;
    this.page = page;
    this.ended = false;
    this.connect();
  }

  connect() {
    const socket = (this.socket = new WebSocket(address(this.page, "room").replace(/^http/, "ws")));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify(this.hello));
    socket.onmessage = ({ data }) => (typeof data === "string" ? this.take(JSON.parse(data)) : this.frame(data));
    socket.onclose = () => socket === this.socket && this.lost();
  }

  lost() {
    this.tell("link", false);
    if (this.ended) return;
    // Who was never let in is asked again by the page, not by the clock.
    if (this.hello.type !== "back") return this.tell("note", "The server cannot be reached. Try again.");
    this.timer = setTimeout(() => this.connect(), about(this.retry));
    this.retry = Math.min(LAST_RETRY, this.retry * 1.7);
  }

  take(message) {
    const { type } = message;
    if (type === "in") {
      this.retry = FIRST_RETRY;
      this.me = message;
      const { code, secret, role, name } = message;
      this.hello = { type: "back", code, secret };
      identity.keep({ code, secret, role, name });
      this.tell("link", true);
      this.tell("entered", message);
      if (this.watching) this.sendWatch();
    } else if (type === "room" || type === "mine") {
      this[type] = message;
      if (this.room && this.mine) this.tell("state");
    } else if (type === "stage") {
      this.pictures = {};
      this.early = [];
      const other = message.run !== this.staged?.run;
      this.staged = message;
      if (other) this.tell("stage", message);
    } else if (type === "over" || type === "unknown" || type === "refused") {
      this.ended = true;
      identity.forget(this.hello.code, type !== "refused");
      this.me = this.room = this.mine = this.staged = null;
      this.tell("over", message.message);
    } else if (type === "stopping") {
      this.retry = Math.max(this.retry, RESTART);
      this.tell("note", message.message);
    } else if (type === "note") this.tell("note", message.message);
    else this.tell(type, message);
  }

  frame(data) {
    const { staged } = this;
    this.order = this.order
      .then(() => inflated(data))
      .then((buffer) => {
        if (staged !== this.staged) return;
        const message = decode(buffer, this.pictures);
        if (message.reply !== undefined) return this.tell("reply", message);
        this.pass(message);
        this.send({ type: "seen" });
      })
      .catch((error) => console.error(error));
  }

  /** Give a frame to the Stage, or keep it until that is ready. */
  pass(frame) {
    if (this.listeners.get("frame")?.size) this.tell("frame", frame);
    else this.early.push(frame);
  }

  /** The frames that a Stage has missed while it was being built. */
  missed() {
    const frames = this.early;
    this.early = [];
    return frames;
  }

  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Watch the run on show, or end that. A hidden tab watches nothing. */
  watch(on) {
    this.watching = on;
    if (!on) this.staged = null;
    this.sendWatch();
  }

  sendWatch() {
    if (this.me) this.send({ type: "watch", on: this.watching && !document.hidden });
  }

  close() {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    socket?.close();
    this.me = this.room = this.mine = this.staged = null;
  }

  /** Leave the room for good. */
  leave() {
    const code = this.hello?.code ?? "";
    this.ended = true;
    this.close();
    identity.forget(code, false);
    this.tell("over", "");
  }
}

/** The line of this page. */
export function roomLine() {
  window.saddle ??= { stages: {} };
  return (window.saddle.room ??= new RoomLine());
}

/** The address of a page of Saddle, from the page `here`. */
export const pageAddress = (here, page, query = "") =>
  address(here, "").replace(/\/saddle\/$/, `/${page}`) + (query ? `?${query}` : "");
