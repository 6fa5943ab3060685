// @ts-check
/** One reply: sentences with a chip for each source, what was used, what can be done next. */

import { button, element, words } from "./dom.js";

/**
 * @typedef {{ id: string, kind: string, title: string, ref: string }} Citation
 * @typedef {{ kind: string, label: string, purpose?: string, categories: string[], text?: string }} Action
 * @typedef {{ turn_id: string, text: string, sentences: { text: string, citations: string[] }[],
 *   citations: Citation[], used: { id: string, category: string, purpose: string }[],
 *   actions: Action[], state: string, abstained: boolean, withheld: string[],
 *   seq: number }} Reply
 * @typedef {{ act: (action: Action) => void, helped: (turnId: string, helped: boolean) => void,
 *   showData: () => void }} ReplyHandlers
 */

/** A reply while its sentences arrive; the whole one replaces it. */
export function growingReply() {
  const text = element("p", { class: "reply-text", dir: "auto" });
  const body = element("div", { class: "reply-body" }, text);
  const block = element("li", { class: "block reply", "data-state": "growing" }, body);
  return { block, /** @param {string} part */ add: (part) => text.append(part) };
}

/**
 * @param {Reply} reply
 * @param {ReplyHandlers} handlers
 * @returns {HTMLElement}
 */
export function replyBlock(reply, handlers) {
  const body = element("div", { class: "reply-body" });
  if (reply.abstained) {
    body.append(element("p", { class: "reply-note", text: "No source answers this" }));
  }
  body.append(sentences(reply, body));
  if (reply.actions.length > 0) body.append(actionRow(reply.actions, handlers));
  const state = { class: "block reply", "data-state": reply.state };
  return element("li", state, body, foot(reply, handlers));
}

/** @param {Reply} reply @param {HTMLElement} body */
function sentences(reply, body) {
  const known = new Map(reply.citations.map((citation) => [citation.id, citation]));
  const text = element("p", { class: "reply-text", dir: "auto" });
  let place = 0;
  for (const sentence of reply.sentences) {
    const start = Math.max(place, reply.text.indexOf(sentence.text, place));
    text.append(reply.text.slice(place, start), sentence.text);
    place = start + sentence.text.length;
    for (const id of sentence.citations) {
      const citation = known.get(id);
      if (citation) text.append("\u2060", chip(citation, body));
    }
  }
  text.append(reply.text.slice(place));
  return text;
}

/** @param {Citation} citation @param {HTMLElement} body */
function chip(citation, body) {
  const own = citation.kind !== "passage";
  const made = element(
    "button",
    {
      type: "button",
      class: "chip",
      "data-kind": citation.kind,
      "aria-expanded": "false",
      "aria-label": `${own ? "Your record" : "Source"}: ${citation.title}`,
      onclick: () => toggleSource(made, citation, body),
    },
    element("span", { text: citation.title, dir: "auto" }),
  );
  return made;
}

/** @param {HTMLElement} chipButton @param {Citation} citation @param {HTMLElement} body */
function toggleSource(chipButton, citation, body) {
  const wasOpen = chipButton.getAttribute("aria-expanded") === "true";
  body.querySelector(".source")?.remove();
  for (const other of body.querySelectorAll(".chip")) other.setAttribute("aria-expanded", "false");
  if (wasOpen) return;
  chipButton.setAttribute("aria-expanded", "true");
  const origin = citation.kind === "passage" ? "From our help pages" : "From your own records";
  body.querySelector(".reply-text")?.after(
    element(
      "div",
      { class: "source", role: "note" },
      element("b", { text: citation.title, dir: "auto" }),
      element("span", { text: `${origin} ` }),
      element("code", { text: citation.ref }),
    ),
  );
}

/** @param {Action[]} actions @param {ReplyHandlers} handlers */
function actionRow(actions, handlers) {
  const row = element("div", { class: "actions" });
  for (const action of actions) row.append(button(action.label, () => handlers.act(action)));
  return row;
}

/** @param {Reply} reply @param {ReplyHandlers} handlers */
function foot(reply, handlers) {
  const made = element("div", { class: "reply-foot" });
  if (reply.used.length > 0) made.append(usedList(reply, handlers));
  else if (reply.state === "answered" || reply.abstained) {
    made.append(element("span", { class: "unused", text: "Nothing of yours was used" }));
  }
  if (reply.state !== "chatting") made.append(feedback(reply, handlers));
  return made;
}

/** @param {Reply} reply @param {ReplyHandlers} handlers */
function usedList(reply, handlers) {
  const count = reply.used.length;
  const list = element("ul");
  for (const item of reply.used) {
    list.append(element("li", { text: `${words(item.category)}, for “${words(item.purpose)}”` }));
  }
  return element(
    "details",
    { class: "used" },
    element("summary", { text: `Used of yours: ${count} ${count === 1 ? "item" : "items"}` }),
    list,
    button("What is kept, and why", handlers.showData, "quiet"),
  );
}

/** @param {Reply} reply @param {ReplyHandlers} handlers */
function feedback(reply, handlers) {
  const row = element("span", { class: "helped", role: "group", "aria-label": "Did this help?" });
  row.append("Did this help?");
  const choices = [
    ["Yes", true],
    ["No", false],
  ];
  for (const [label, helped] of choices) {
    const choice = button(String(label), () => {
      for (const each of row.querySelectorAll("button")) each.setAttribute("aria-pressed", "false");
      choice.setAttribute("aria-pressed", "true");
      handlers.helped(reply.turn_id, Boolean(helped));
    }, "quiet");
    choice.setAttribute("aria-pressed", "false");
    row.append(choice);
  }
  return row;
}
