// @ts-check
/**
 * Every other kind of message the protocol has, as a bare block: what it holds, and buttons for the
 * frames that answer it. Plain on purpose; it is there to try things with.
 */

import { button, element, words } from "./dom.js";

/** @typedef {import("./connection.js").Frame} Frame */

/** What a block is called, and which frames answer it. @type {Record<string, { title: string, answers: string[] }>} */
const KINDS = {
  nudge: { title: "A suggestion", answers: ["act", "decline"] },
  agent_joined: { title: "A person has joined", answers: [] },
  message: { title: "A message from a person", answers: [] },
};

/** @type {Record<string, string>} */
const LABELS = {
  act: "Do it",
  decline: "No thanks",
};

/**
 * @param {Frame} frame
 * @param {(answer: Frame) => void} send
 * @returns {HTMLElement}
 */
export function bareBlock(frame, send) {
  const kind = KINDS[frame.type] || { title: `Message of the kind “${frame.type}”`, answers: [] };
  const block = element(
    "li",
    { class: "block bare", "data-kind": frame.type },
    element("h2", { text: kind.title }),
    members(frame),
  );
  if (kind.answers.length > 0) block.append(answers(frame, kind.answers, send));
  return block;
}

/** @param {Frame} frame */
function members(frame) {
  const list = element("dl");
  for (const [name, value] of Object.entries(frame)) {
    if (name === "type") continue;
    const text = typeof value === "string" ? value : JSON.stringify(value);
    list.append(element("dt", { text: words(name) }), element("dd", { text, dir: "auto" }));
  }
  return list;
}

/** @param {Frame} frame @param {string[]} kinds @param {(answer: Frame) => void} send */
function answers(frame, kinds, send) {
  const row = element("div", { class: "actions" });
  for (const type of kinds) {
    row.append(button(LABELS[type], () => send({ type, id: frame.id })));
  }
  return row;
}

/** @param {string} text @param {"plain" | "problem"} [tone] */
export function notice(text, tone = "plain") {
  return element("li", { class: "block notice", "data-tone": tone, text, dir: "auto" });
}

export function typingBlock() {
  return element(
    "li",
    { class: "block typing" },
    ...[1, 2, 3].map(() => element("i", { "aria-hidden": "true" })),
    "Looking that up…",
  );
}

/**
 * @param {string} name
 * @param {string[]} starters
 * @param {(text: string) => void} say
 */
export function welcomeBlock(name, starters, say) {
  const row = element("div", { class: "actions" });
  for (const text of starters) row.append(button(text, () => say(text)));
  return element(
    "li",
    { class: "block welcome" },
    element("h2", { text: "How can we help?" }),
    element("p", {
      text:
        `${name} is an AI. It answers from our help pages and, where you allow it, from your own ` +
        "orders. It says where each answer comes from, and a person is always one tap away.",
    }),
    row,
  );
}
