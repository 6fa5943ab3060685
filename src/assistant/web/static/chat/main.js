// @ts-check
/** Ties the page together: who chats, the socket, the log, the buttons. */

import { bareBlock, notice, welcomeBlock } from "./blocks.js";
import { Choices } from "./choices.js";
import { ChatConnection } from "./connection.js";
import { Conversation } from "./conversation.js";
import { byId, element } from "./dom.js";
import { WhyQuestions } from "./why.js";
import { YourData } from "./your_data.js";
import { DemoIdentity, VisitorIdentity, call } from "./identity.js";

/** @typedef {import("./replies.js").Action} Action */

const STARTERS = ["Where is my order?", "How do I return something?", "How long does delivery take?"];

/** @type {Record<string, string>} */
const LINES = { connecting: "connecting…", open: "connected", waiting: "reconnecting…", closed: "" };

/** @type {Record<string, string>} */
const NOTICES = {
  handoff_requested: "Noted: you would like to talk to a person in this conversation.",
  feedback_noted: "Thank you, that is noted.",
};

const name = document.body.dataset.name || "Assistant";
const log = byId("log");
const composer = /** @type {HTMLFormElement} */ (byId("composer"));
const text = /** @type {HTMLTextAreaElement} */ (byId("text"));

/** One person chatting: everything that must go when another one takes over. */
class Sitting {
  /** @param {DemoIdentity | VisitorIdentity} identity */
  constructor(identity) {
    this.identity = identity;
    const token = () => identity.token();
    this.choices = new Choices({
      dialog: /** @type {HTMLDialogElement} */ (byId("dialog")),
      token,
      kept: () => this.attempt(() => this.yourData.show()),
    });
    this.yourData = new YourData({
      choices: this.choices,
      token,
      tell: (words) => this.tell(words),
    });
    this.conversation = new Conversation({
      log,
      announcement: byId("announcement"),
      send: (turn) => this.connection.send({ type: "turn", turn_id: turn.id, text: turn.text }),
      handlers: {
        act: (action) => this.act(action),
        helped: (turn_id, helped) => this.connection.send({ type: "feedback", turn_id, helped }),
        showData: () => this.attempt(() => this.yourData.show()),
      },
    });
    this.whyQuestions = new WhyQuestions({
      send: (frame) => this.connection.send(frame),
      append: (block) => this.conversation.append(block),
      say: (words) => this.say(words),
    });
    this.connection = new ChatConnection({
      token,
      lastSeen: () => this.conversation.lastSeen || undefined,
    });
    this.connection.addEventListener("frame", (event) => {
      this.receive(/** @type {CustomEvent} */ (event).detail);
    });
    this.connection.addEventListener("state", (event) => {
      byId("line").textContent = LINES[/** @type {CustomEvent} */ (event).detail];
    });
    log.replaceChildren(welcomeBlock(name, STARTERS, (words) => this.say(words)));
    byId("line").textContent = "";
    byId("signal").hidden = true;
  }

  /** @param {string} words */
  say(words) {
    this.connection.open();
    this.conversation.say(words);
  }

  /** @param {import("./connection.js").Frame} frame */
  receive(frame) {
    switch (frame.type) {
      case "welcome":
        byId("signal").hidden = !frame.gpc;
        return this.conversation.resume(frame);
      case "purpose_card":
      case "question":
      case "fact":
        this.whyQuestions.receive(frame);
        return;
      case "typing":
        return frame.by === "agent"
          ? this.conversation.append(notice("A person is writing…"))
          : this.conversation.typing(frame);
      case "reply.delta":
        return this.conversation.delta(frame);
      case "reply":
        return this.conversation.reply(frame);
      case "notice":
        if (this.whyQuestions.receive(frame)) return;
        if (frame.code in NOTICES) this.conversation.append(notice(NOTICES[frame.code]));
        return;
      case "problem":
        if (this.whyQuestions.receive(frame)) return;
        if (!this.conversation.problem(frame)) this.tell(frame.detail || frame.title);
        return;
      default:
        return this.conversation.append(bareBlock(frame, (answer) => this.connection.send(answer)));
    }
  }

  /** @param {Action} action */
  act(action) {
    if (action.kind === "choose") this.say(action.text || action.label);
    else if (action.kind === "handoff") this.askForPerson();
    else if (action.kind === "link") this.attempt(() => this.yourData.show());
    else if (action.kind === "consent") this.attempt(() => this.askConsent(action));
    else this.tell("Please sign in at the shop first; then come back to this chat.", "plain");
  }

  /** @param {Action} action */
  async askConsent(action) {
    const yes = this.conversation.lastText ? "Allow and ask again" : "Allow";
    const given = await this.choices.ask(action.purpose || "", action.categories, yes);
    if (given && this.conversation.lastText) this.say(this.conversation.lastText);
  }

  askForPerson() {
    this.connection.open();
    if (this.connection.send({ type: "handoff" })) return;
    const once = () => {
      if (this.connection.send({ type: "handoff" })) {
        this.connection.removeEventListener("state", once);
      }
    };
    this.connection.addEventListener("state", once);
  }

  /** @param {() => Promise<unknown>} work */
  async attempt(work) {
    try {
      await work();
    } catch (error) {
      this.tell(error instanceof Error ? error.message : "That did not work.");
    }
  }

  /** @param {string} words @param {"plain" | "problem"} [tone] */
  tell(words, tone = "problem") {
    this.conversation.append(notice(words, tone));
  }
}

let sitting = new Sitting(new VisitorIdentity());

/** @param {DemoIdentity | VisitorIdentity} identity */
function sitDown(identity) {
  sitting.connection.close();
  sitting = new Sitting(identity);
  if (!identity.isVisitor) sitting.connection.open();
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (!words) return;
  text.value = "";
  sitting.say(words);
});

text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});

// The first touch of the field is the first interaction: only now may a returning visitor be known.
text.addEventListener("focus", () => {
  const { identity, connection } = sitting;
  if (identity instanceof VisitorIdentity && identity.isKnown) connection.open();
});

byId("person").addEventListener("click", () => sitting.askForPerson());
byId("data").addEventListener("click", () => sitting.attempt(() => sitting.yourData.show()));

async function startDemo() {
  const select = /** @type {HTMLSelectElement} */ (byId("customer"));
  /** @type {import("./identity.js").DemoCustomer[]} */
  const customers = (await call("/demo/customers")).customers;
  select.append(element("option", { value: "", text: "A visitor, not signed in" }));
  for (const each of customers) select.append(element("option", { value: each.id, text: each.name }));
  const choose = () => {
    const customer = customers.find((each) => each.id === select.value);
    byId("story").textContent = customer?.story || "";
    sitDown(customer ? new DemoIdentity(customer) : new VisitorIdentity());
  };
  select.addEventListener("change", choose);
  select.value = customers[0]?.id || "";
  choose();
}

if (document.body.dataset.demo === "yes") startDemo();
