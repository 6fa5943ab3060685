// @ts-check
/**
 * One why-question, step by step in one block: the card, the question, the exact words, and what
 * became of them. "Share" and "No thanks" are the same size at every step. The server is told that
 * the card was seen only when its beginning and its end have really been on the screen.
 */

import { button, element } from "./dom.js";

/** @typedef {import("./connection.js").Frame} Frame */
/** @typedef {(frame: Frame) => boolean} Send */

const SEEN_FOR = 400;

/** All why-questions of one sitting, by id. */
export class WhyQuestions {
  /** @param {{ send: Send, append: (block: HTMLElement) => void, say: (words: string) => void }} parts */
  constructor({ send, append, say }) {
    this.#send = send;
    this.#append = append;
    this.#say = say;
  }

  #send;
  #append;
  #say;
  /** @type {Map<string, WhyBlock>} */
  #blocks = new Map();

  /** @param {Frame} frame @returns {boolean} whether it was about a why-question */
  receive(frame) {
    const id = frame.question_id;
    if (typeof id !== "string") return false;
    const block = this.#blocks.get(id) || this.#begin(id, frame);
    if (!block) return false;
    block.receive(frame);
    return true;
  }

  /** @param {string} id @param {Frame} frame */
  #begin(id, frame) {
    if (!["purpose_card", "question", "fact"].includes(frame.type)) return null;
    const block = new WhyBlock(id, this.#send, this.#say);
    this.#blocks.set(id, block);
    this.#append(block.element);
    return block;
  }
}

class WhyBlock {
  /** @param {string} id @param {Send} send @param {(words: string) => void} say */
  constructor(id, send, say) {
    this.#id = id;
    this.#send = send;
    this.#say = say;
    this.element = element("li", { class: "block why", "data-question": id, "data-step": "" });
  }

  #id;
  #send;
  #say;
  /** What the server wants to be shown after the card. @type {Frame | null} */
  #next = null;
  #wanted = false;

  /** @param {Frame} frame */
  receive(frame) {
    if (frame.type === "purpose_card") this.#showCard(frame);
    else if (frame.type === "question" || (frame.type === "fact" && frame.state === "proposed")) {
      this.#next = frame;
      if (this.#wanted || this.#step !== "card") this.#showNext();
      else this.#setBusy(false);
    } else if (frame.type === "fact") this.#showKept(frame);
    else if (frame.type === "notice") this.#showEnd("Nothing was kept. You will not be asked this again for 90 days.");
    else if (frame.type === "problem") this.#showProblem(frame);
  }

  get #step() {
    return this.element.dataset.step;
  }

  /** @param {Frame} card */
  #showCard(card) {
    if (this.#step && this.#step !== "card") return;
    this.#next = null;
    this.#wanted = false;
    const text = element("p", { class: "why-text", text: card.text, dir: "auto", lang: card.lang });
    const parts = [text];
    if (card.proposed) {
      parts.push(
        element("p", { class: "why-said", text: "You said:", dir: "auto" }),
        element("blockquote", { text: card.proposed, dir: "auto" }),
        element("p", { class: "why-note", text: "Nothing of it is kept beyond this conversation unless you share it.", dir: "auto" }),
      );
    }
    const never = button("Never ask me why", () => this.#say("Never ask me why."), "quiet");
    this.#show("card", "Before we ask", parts, () => this.#share(), never);
    whenSeen(text, () =>
      this.#send({
        type: "card.shown",
        question_id: this.#id,
        version: card.version,
        text_sha256: card.text_sha256,
        lang: card.lang,
      }),
    );
  }

  /** The customer wants to see the question, which comes when the card was acknowledged. */
  #share() {
    this.#wanted = true;
    if (this.#next) this.#showNext();
    else this.#setBusy(true);
  }

  #showNext() {
    if (this.#next?.type === "question") this.#showQuestion(this.#next);
    else if (this.#next) this.#showProposed(this.#next);
  }

  /** @param {Frame} question */
  #showQuestion(question) {
    const field = area("Your answer", "");
    const choices = element("div", { class: "actions" });
    for (const words of question.choices || []) {
      choices.append(button(words, () => { field.value = words; field.focus(); }));
    }
    const parts = [element("p", { class: "why-question", text: question.text, dir: "auto" }), choices, field];
    if (question.kept_as_example) {
      parts.push(element("p", { class: "why-note", text: `Kept would be a sentence such as: “${question.kept_as_example}”`, dir: "auto" }));
    }
    if (question.improves) {
      parts.push(element("p", { class: "why-note", text: question.improves, dir: "auto" }));
    }
    this.#show("question", "A question, if you like", parts, () => this.#answer("answer", field));
    field.focus({ preventScroll: true });
  }

  /** @param {Frame} fact */
  #showProposed(fact) {
    const field = area("The exact words that would be kept", fact.text);
    const volunteered = this.#step === "card" && fact.question;
    const asked = volunteered || "This is exactly what would be kept. You can change it first.";
    const parts = [
      element("p", { text: asked, dir: "auto" }),
      field,
      element("p", { class: "why-note", text: "Only these words are kept, and only when you share them.", dir: "auto" }),
    ];
    this.#show("proposed", "Is this right?", parts, () => this.#answer("confirm", field));
  }

  /** @param {Frame} fact */
  #showKept(fact) {
    const until = new Date(fact.expires_at).toLocaleDateString(undefined, { dateStyle: "long" });
    this.#end(
      "stored",
      element("p", { class: "why-kept", text: `Kept until ${until}:`, dir: "auto" }),
      element("blockquote", { text: fact.text, dir: "auto" }),
      element("p", { class: "why-note", text: "You can correct, pause or delete it under “Your data”.", dir: "auto" }),
    );
  }

  /** @param {string} words */
  #showEnd(words) {
    this.#end("declined", element("p", { class: "why-note", text: words }));
  }

  /** @param {Frame} problem */
  #showProblem(problem) {
    const over = ["question_closed", "not_found", "question_confirmed"].includes(problem.code);
    if (over) return this.#showEnd("This question is over. Nothing more is needed.");
    this.#setBusy(false);
    this.element.querySelector(".why-problem")?.remove();
    this.element.append(element("p", { class: "why-problem", role: "alert", text: problem.detail || problem.title }));
  }

  /** @param {"answer" | "confirm"} type @param {HTMLTextAreaElement} field */
  #answer(type, field) {
    const text = field.value.trim();
    if (!text) return field.focus();
    this.#setBusy(this.#send({ type, question_id: this.#id, text }));
  }

  #decline() {
    this.#setBusy(this.#send({ type: "decline", question_id: this.#id }));
  }

  /**
   * @param {string} step @param {string} title @param {Node[]} parts
   * @param {() => void} agree @param {HTMLElement} [more] what stands below the two choices
   */
  #show(step, title, parts, agree, more) {
    this.element.dataset.step = step;
    this.element.replaceChildren(
      element("h2", { text: title }),
      ...parts,
      element(
        "div",
        { class: "why-choice" },
        button("No thanks", () => this.#decline()),
        button("Share", agree),
      ),
    );
    if (more) this.element.append(element("div", { class: "why-foot" }, more));
    bringIntoView(this.element);
  }

  /** @param {string} step @param {Node[]} parts */
  #end(step, ...parts) {
    this.element.dataset.step = step;
    this.element.replaceChildren(...parts);
  }

  /** @param {boolean} busy */
  #setBusy(busy) {
    this.element.setAttribute("aria-busy", String(busy));
    for (const each of this.element.querySelectorAll(".why-choice button")) {
      /** @type {HTMLButtonElement} */ (each).disabled = busy;
    }
  }
}

/** @param {string} label @param {string} text @returns {HTMLTextAreaElement} */
function area(label, text) {
  const field = /** @type {HTMLTextAreaElement} */ (
    element("textarea", { "aria-label": label, rows: "2", maxlength: "500", dir: "auto" })
  );
  field.value = text;
  return field;
}

/** A block that does not fit is read from its beginning. @param {HTMLElement} block */
function bringIntoView(block) {
  const room = block.parentElement?.clientHeight || 0;
  const fits = block.offsetHeight <= room;
  block.scrollIntoView({ block: fits ? "nearest" : "start" });
}

/**
 * Call `seen` once, when the first and the last line of `text` have each been on the screen for a
 * moment in a page that is looked at.
 * @param {HTMLElement} text @param {() => void} seen
 */
function whenSeen(text, seen) {
  const marks = [element("span", { class: "why-mark" }), element("span", { class: "why-mark" })];
  text.before(marks[0]);
  text.after(marks[1]);
  /** @type {Set<Element>} */
  const missing = new Set(marks);
  /** @type {Map<Element, ReturnType<typeof setTimeout>>} */
  const waiting = new Map();
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(waiting.get(target));
      if (isIntersecting) waiting.set(target, setTimeout(() => look(target), SEEN_FOR));
    }
  });
  /** @param {Element} mark */
  const look = (mark) => {
    if (document.visibilityState !== "visible") {
      document.addEventListener("visibilitychange", () => look(mark), { once: true });
      return;
    }
    watch.unobserve(mark);
    missing.delete(mark);
    if (missing.size === 0) {
      watch.disconnect();
      if (text.isConnected) seen();
    }
  };
  for (const mark of marks) watch.observe(mark);
}
