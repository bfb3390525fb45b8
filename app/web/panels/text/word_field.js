// A field for words of a run's language. Words that the run does not know are underlined in the
// field, and below it stands a list of words that the one being typed may become: Down and Up choose
// among them, Enter or Tab takes one, so does a click or a touch, Escape closes the list.

const WORD = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{N}\p{M}]+)*/gu; // as `clean` in engine/data/text/corpus.py reads them
const OFFERED = 6; // words in the list
const GAP = 3; // pixels between field and list
let made = 0;

const make = (tag, more = {}) => Object.assign(document.createElement(tag), more);
const plain = (word) => word.replaceAll("’", "'").toLowerCase();

export class WordField {
  /** input: a text field that stands in the page already. enabled(): whether it holds words now. */
  constructor(input, enabled = () => true) {
    Object.assign(this, { input, enabled, at: -1, words: [] });
    this.box = make("span", { className: "word-field" });
    this.under = make("span", { className: "under" });
    this.under.setAttribute("aria-hidden", "true");
    this.list = make("ul", { id: `words-${++made}`, popover: "manual" });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Words the model knows");
    input.replaceWith(this.box);
    this.box.append(input, this.under, this.list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list" }))
      input.setAttribute(name, value);
    input.setAttribute("aria-controls", this.list.id);
    input.setAttribute("aria-expanded", "false");
    input.addEventListener("input", () => (this.mark(), this.offer()));
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    input.addEventListener("scroll", () => (this.under.scrollLeft = input.scrollLeft));
    // The field keeps the focus, and with it a phone its keyboard.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const k = [...this.list.children].indexOf(event.target.closest("li"));
      if (k >= 0) this.take(k);
    });
  }

  /** The language of the run, see draw/sentence.js. */
  learn(book) {
    if (this.book === book) return;
    this.book = book;
    this.known = new Set(book.words);
    this.frequent = (book.frequent ?? []).map((id) => book.words[id]);
    this.mark();
  }

  /** Underline the words of the field that are unknown. */
  mark() {
    const text = this.input.value;
    const parts = [];
    let end = 0;
    if (this.known && this.enabled())
      for (const { 0: word, index } of text.matchAll(WORD)) {
        if (this.known.has(plain(word)) || this.half(index, word)) continue;
        parts.push(text.slice(end, index), make("u", { textContent: word }));
        end = index + word.length;
      }
    this.under.replaceChildren(...(parts.length ? [...parts, text.slice(end)] : []));
    this.under.scrollLeft = this.input.scrollLeft;
  }

  /** Whether a word is still being typed and may become one that is known. */
  half(index, word) {
    return (
      this.input.matches(":focus") &&
      this.input.selectionStart === index + word.length &&
      this.frequent.some((w) => w.startsWith(plain(word)))
    );
  }

  /** The text to ask about: without a word that is still being typed and may become a known one. */
  get text() {
    const text = this.input.value;
    if (!this.known || !this.enabled()) return text;
    const begun = [...text.matchAll(WORD)].find((m) => this.half(m.index, m[0]) && !this.known.has(plain(m[0])));
    return begun ? text.slice(0, begun.index) + text.slice(begun.index + begun[0].length) : text;
  }

  /** Offer what the word before the caret may become. */
  offer() {
    const caret = this.input.selectionStart;
    const begun = [...this.input.value.matchAll(WORD)].find((m) => m.index + m[0].length === caret);
    if (!begun || !this.frequent || !this.enabled()) return this.close();
    const start = plain(begun[0]);
    this.from = begun.index;
    this.words = this.frequent.filter((w) => w.startsWith(start) && w !== start).slice(0, OFFERED);
    if (!this.words.length) return this.close();
    this.list.replaceChildren(
      ...this.words.map((textContent, k) => {
        const option = make("li", { textContent, id: `${this.list.id}-${k}` });
        option.setAttribute("role", "option");
        return option;
      }),
    );
    this.choose(-1);
    if (!this.list.matches(":popover-open")) this.list.showPopover();
    this.input.setAttribute("aria-expanded", "true");
    const { left, bottom, width } = this.input.getBoundingClientRect();
    Object.assign(this.list.style, {
      left: `${left}px`,
      top: `${bottom + GAP}px`,
      maxWidth: `${Math.max(width, 200)}px`,
    });
  }

  choose(k) {
    this.at = k;
    [...this.list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === k)));
    if (k < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", this.list.children[k].id);
  }

  key(event) {
    if (!this.list.matches(":popover-open")) return;
    const n = this.words.length;
    const turn = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (turn) this.choose(this.at < 0 ? (turn > 0 ? 0 : n - 1) : (this.at + turn + n) % n);
    else if (event.key === "Escape") this.close();
    else if ((event.key === "Enter" || event.key === "Tab") && this.at >= 0) this.take(this.at);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** Put word k of the list in the place of what has been typed of it. */
  take(k) {
    const { input } = this;
    const after = input.value.slice(input.selectionStart);
    const text = `${input.value.slice(0, this.from)}${this.words[k]}${/^\s/.test(after) ? "" : " "}`;
    input.value = text + after;
    input.setSelectionRange(text.length, text.length);
    this.close();
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  close() {
    if (this.list.matches(":popover-open")) this.list.hidePopover();
    this.input.setAttribute("aria-expanded", "false");
    this.choose(-1);
    this.mark();
  }
}
