// Presenting: the presenter's page of the room. The code large for a projector, the people, what was
// asked, and what can be sent to all.

import { ChallengeCard, challengeForm } from "./challenge.js";
import { pageAddress } from "./line.js";
import { button, make, passing, refill, spaced } from "./parts.js";
import { PredictionCard } from "./prediction.js";
import { questionForm } from "./question.js";

const AT = { room: "watches", "": "is here" };
const QR_EDGE = 4; // modules around it, as readers want

export class Presenting {
  constructor(line, pages) {
    Object.assign(this, { line, pages });
    this.join = pageAddress("room", "room", `code=${line.me.code}`);
    this.prediction = new PredictionCard(line);
    this.challenge = new ChallengeCard(line);
    this.qr = make("div", { class: "qr" });
    this.address = make("p", { class: "address" });
    this.unreached = make("p", { class: "wrong", role: "status", hidden: true });
    this.count = make("b", {});
    this.people = make("tbody");
    this.pause = button("", () => line.send({ type: "pause", on: !line.room.paused }));
    this.note = make("p", { class: "wrong", role: "status", hidden: true });
    this.say = passing(this.note);
    this.card = make("select", { "aria-label": "Card to send" });
    this.metrics = make("div");
    const wide = button("Large for a projector", () => this.element.classList.toggle("projected"), {});
    wide.addEventListener("click", () =>
      wide.setAttribute("aria-pressed", this.element.classList.contains("projected")),
    );
    const end = button("End the room", () => confirm("End the room for everybody?") && line.send({ type: "end" }));
    const labs = Object.entries(pages).map(([page, title]) => make("a", { href: pageAddress("room", page) }, title));
    this.element = make(
      "div",
      { class: "presenting" },
      make(
        "section",
        { class: "invite", "aria-label": "How to join" },
        this.qr,
        make(
          "div",
          { class: "words" },
          make("p", {}, "Join at"),
          this.address,
          make("p", {}, "with the code"),
          make("p", { class: "large", "aria-label": `Code ${line.me.code.split("").join(" ")}` }, spaced(line.me.code)),
          this.unreached,
          make(
            "div",
            { class: "row" },
            button("Copy the link", (event) => this.copy(event.target)),
            wide,
          ),
        ),
      ),
      this.note,
      make(
        "section",
        { class: "card", "aria-label": "Show" },
        make("h3", {}, "Show"),
        make("p", {}, "Open a lab: what you do there is what all see."),
        make("nav", { class: "row", "aria-label": "Labs" }, ...labs),
        make("div", { class: "row" }, this.pause, end),
      ),
      make("div", { class: "asked" }, this.prediction.element, this.challenge.element),
      make(
        "details",
        { class: "card" },
        make("summary", {}, "Ask for a prediction"),
        questionForm((m) => this.line.send(m)),
      ),
      make(
        "details",
        { class: "card", ontoggle: () => this.fillMetrics() },
        make("summary", {}, "Begin a challenge"),
        this.metrics,
      ),
      make(
        "details",
        { class: "card", ontoggle: () => this.card.options.length || line.send({ type: "cards" }) },
        make("summary", {}, "Send a card of Try this"),
        make(
          "div",
          { class: "row" },
          this.card,
          button("Send to everybody", () => this.send(), { class: "main" }),
        ),
      ),
      make(
        "section",
        { class: "card", "aria-label": "People" },
        make("h3", {}, "People, ", this.count),
        make(
          "table",
          { class: "people" },
          make(
            "thead",
            {},
            make(
              "tr",
              {},
              ...["name", "looks at", "points", "answered", ""].map((t) => make("th", { scope: "col" }, t)),
            ),
          ),
          this.people,
        ),
      ),
      make("p", { class: "rule" }, line.me.rule),
    );
    this.ends = [
      line.on("state", () => this.update()),
      line.on("note", (text) => this.say(text)),
      line.on("qr", (found) => this.takeLink(found)),
      line.on("cards", ({ cards }) => this.fillCards(cards)),
      line.on("metrics", ({ names }) => this.takeMetrics(names)),
    ];
    line.send({ type: "at", page: "room", token: "" });
    line.send({ type: "qr", text: this.join });
    this.update();
  }

  /** The link by which others come, which need not be the one that this page was opened by. */
  takeLink({ rows, link, note }) {
    this.join = link;
    this.address.textContent = link.replace(/^https?:\/\//, "").split("?")[0];
    this.drawQr(rows);
    this.unreached.textContent = note;
    this.unreached.hidden = !note;
  }

  drawQr(rows) {
    const size = rows.length + 2 * QR_EDGE;
    const dark = rows.flatMap((row, y) =>
      [...row].flatMap((m, x) => (m === "1" ? [`M${x + QR_EDGE} ${y + QR_EDGE}h1v1h-1z`] : [])),
    );
    this.qr.innerHTML = `<svg viewBox="0 0 ${size} ${size}" role="img" shape-rendering="crispEdges"
      ><rect width="${size}" height="${size}" fill="#fff"/><path d="${dark.join("")}" fill="#000"/></svg>`;
    this.qr.firstChild.setAttribute("aria-label", `QR code of ${this.join}`);
  }

  async copy(target) {
    try {
      await navigator.clipboard.writeText(this.join);
      target.textContent = "Copied";
    } catch {
      this.say(`This browser does not let pages copy. The link is ${this.join}`);
    }
  }

  fillCards(cards) {
    const groups = new Map();
    for (const card of cards) groups.set(card.page, [...(groups.get(card.page) ?? []), card]);
    this.cards = cards;
    for (const [page, list] of groups) {
      const group = make("optgroup", { label: this.pages[page] ?? page });
      for (const card of list) group.append(make("option", { value: String(cards.indexOf(card)) }, card.title));
      this.card.append(group);
    }
  }

  send() {
    const card = this.cards?.[Number(this.card.value)];
    if (!card) return;
    this.line.send({ type: "push", ...card });
    this.say(`Sent: ${card.title}.`);
  }

  fillMetrics() {
    if (this.line.room?.place) this.line.send({ type: "metrics" });
    else
      this.metrics.replaceChildren(
        make("p", { class: "none" }, "Open a lab first: a challenge begins from the run that you show."),
      );
  }

  takeMetrics(names) {
    this.metrics.replaceChildren(challengeForm((message) => this.line.send(message), names));
  }

  update() {
    const { room, mine } = this.line;
    if (!room || !mine?.list) return;
    this.count.textContent = `${room.present} of ${room.people} here`;
    this.pause.textContent = room.paused ? "Let all runs go on" : "Pause all runs";
    this.pause.setAttribute("aria-pressed", String(room.paused));
    const rows = [...mine.list].sort((a, b) => b.present - a.present || a.name.localeCompare(b.name));
    const key = JSON.stringify(rows);
    if (key !== this.key) refill(this.people, ...rows.map((row) => this.row(row)));
    if (!rows.length)
      this.people.replaceChildren(make("tr", {}, make("td", { colSpan: 5, class: "none" }, "Nobody has joined yet.")));
    this.key = key;
    this.prediction.update();
    this.challenge.update();
  }

  row({ id, name, present, at, own, points, answered }) {
    const title = this.pages[at];
    const where = !present ? "is away" : own && title ? `own run in ${title}` : title ? title : (AT[at] ?? "watches");
    const put = button(
      "Remove",
      () => confirm(`Remove ${name} from the room?`) && this.line.send({ type: "remove", id }),
      {
        "aria-label": `Remove ${name}`,
      },
    );
    return make(
      "tr",
      { class: present ? "" : "away" },
      make("td", {}, name),
      make("td", {}, where),
      make("td", {}, String(points)),
      make("td", {}, answered ? "✓" : ""),
      make("td", {}, put),
    );
  }

  dispose() {
    for (const end of this.ends) end();
    this.prediction.remove();
  }
}
