// @ts-check
/**
 * What stands in the log and what still waits for an answer. A turn keeps its `turn_id` for life,
 * so sending it again after a lost connection can never say it twice.
 */

import { button, element } from "./dom.js";
import { typingBlock } from "./blocks.js";
import { growingReply, replyBlock } from "./replies.js";

/** @typedef {import("./connection.js").Frame} Frame */
/** @typedef {import("./replies.js").Reply} Reply */
/** @typedef {{ id: string, text: string, state: "sending" | "sent" | "failed", block: HTMLElement,
 *   reply: HTMLElement | null, grow: ((part: string) => void) | null, timer?: number }} Turn */

const PATIENCE = 30_000;

/** @type {Record<string, string>} */
const REASONS = {
  internal: "Something went wrong on our side.",
  overloaded: "Many people are writing just now.",
  too_many_requests: "That was a little fast. Please wait a moment.",
  text_too_long: "A message has at most 4,000 characters.",
  not_authenticated: "The sign-in has ended.",
};

/** @type {Record<string, string>} */
const STATES = { sending: "Sending…", sent: "Sent", failed: "Not sent" };

export class Conversation {
  /**
   * @param {{ log: HTMLElement, announcement: HTMLElement,
   *   send: (turn: { id: string, text: string }) => boolean,
   *   handlers: import("./replies.js").ReplyHandlers }} parts
   */
  constructor({ log, announcement, send, handlers }) {
    this.#log = log;
    this.#announcement = announcement;
    this.#send = send;
    this.#handlers = handlers;
    this.lastSeen = 0;
    this.lastText = "";
  }

  #log;
  #announcement;
  #send;
  #handlers;
  /** @type {Map<string, Turn>} */
  #turns = new Map();
  #typing = typingBlock();

  get isEmpty() {
    return this.#turns.size === 0;
  }

  /** @param {string} text */
  say(text) {
    const turn = this.#add(crypto.randomUUID(), text);
    this.lastText = text;
    this.#attempt(turn);
  }

  /** Put any other block at the end. @param {HTMLElement} block */
  append(block) {
    this.#log.querySelector(".welcome")?.remove();
    this.#log.append(block);
    this.#followEnd();
  }

  /** Take up what the server has, and send again what it does not. @param {Frame} welcome */
  resume(welcome) {
    for (const stored of welcome.resume) {
      this.lastSeen = Math.max(this.lastSeen, stored.seq);
      const turn = this.#turns.get(stored.turn_id) || this.#add(stored.turn_id, stored.text);
      if (stored.reply) this.#finish(turn, stored.reply, { aloud: false });
    }
    for (const turn of this.#turns.values()) {
      if (!turn.reply && turn.state !== "failed") this.#attempt(turn);
    }
  }

  /** @param {Frame} frame */
  typing(frame) {
    const turn = this.#turns.get(frame.turn_id);
    if (turn && !turn.reply) {
      this.#show(turn, "sent");
      this.append(this.#typing);
    }
  }

  /** @param {Frame} frame */
  delta(frame) {
    const turn = this.#turns.get(frame.turn_id);
    if (!turn || (turn.reply && !turn.grow)) return;
    if (!turn.grow) {
      const growing = growingReply();
      turn.reply = growing.block;
      turn.grow = growing.add;
      this.#typing.replaceWith(growing.block);
      if (!growing.block.isConnected) this.append(growing.block);
    }
    turn.grow?.(frame.text);
    this.#followEnd();
  }

  /** @param {Frame} frame */
  reply(frame) {
    const turn = this.#turns.get(frame.turn_id);
    if (turn) this.#finish(turn, /** @type {any} */ (frame), { aloud: true });
  }

  /** @param {Frame} frame @returns {boolean} whether it concerned a turn */
  problem(frame) {
    const turn = this.#turns.get(frame.turn_id);
    if (!turn) return false;
    this.#typing.remove();
    this.#show(turn, "failed", REASONS[frame.code] || frame.detail);
    return true;
  }

  /** @param {string} id @param {string} text @returns {Turn} */
  #add(id, text) {
    const block = element(
      "li",
      { class: "block said" },
      element("p", { class: "said-text", text, dir: "auto" }),
      element("div", { class: "said-state", role: "status" }),
    );
    /** @type {Turn} */
    const turn = { id, text, state: "sending", block, reply: null, grow: null };
    this.#turns.set(id, turn);
    this.append(block);
    return turn;
  }

  /** @param {Turn} turn */
  #attempt(turn) {
    this.#show(turn, "sending");
    clearTimeout(turn.timer);
    this.#send(turn);
    turn.timer = setTimeout(() => {
      this.#typing.remove();
      if (!turn.reply) this.#show(turn, "failed", "No answer came in time.");
    }, PATIENCE);
  }

  /** @param {Turn} turn @param {Reply} reply @param {{ aloud: boolean }} how */
  #finish(turn, reply, { aloud }) {
    clearTimeout(turn.timer);
    const block = replyBlock(reply, this.#handlers);
    if (turn.reply) turn.reply.replaceWith(block);
    else if (this.#typing.isConnected) this.#typing.replaceWith(block);
    else turn.block.after(block);
    turn.reply = block;
    turn.grow = null;
    this.#show(turn, "sent");
    this.lastSeen = Math.max(this.lastSeen, reply.seq || 0);
    if (aloud) this.#announcement.textContent = reply.text;
    this.#bringIntoView(turn, block);
  }

  /** @param {Turn} turn @param {Turn["state"]} state @param {string} [reason] */
  #show(turn, state, reason) {
    turn.state = state;
    turn.block.dataset.state = state;
    const line = turn.block.querySelector(".said-state");
    if (!line) return;
    line.textContent = turn.reply && state === "sent" ? "" : STATES[state];
    if (state === "failed") {
      clearTimeout(turn.timer);
      if (reason) line.textContent = `${STATES.failed}. ${reason}`;
      line.append(button("Try again", () => this.#attempt(turn), "quiet"));
    }
  }

  /** A long reply is read from its beginning. @param {Turn} turn @param {HTMLElement} block */
  #bringIntoView(turn, block) {
    this.#followEnd();
    const room = this.#log.clientHeight - turn.block.offsetHeight - 16;
    if (block.offsetHeight > room) turn.block.scrollIntoView({ block: "start" });
  }

  #followEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}

