// @ts-check
/** Consent in context, and the plain list of everything that is asked for. */

import { button, element, words } from "./dom.js";
import { call } from "./identity.js";

/**
 * @typedef {{ category: string, label: string, description: string, retention_months: number, decision: string }} Category
 * @typedef {{ id: string, version: number, title: string, text: string, text_sha256: string,
 *   benefit: string, if_refused: string, categories: Category[] }} Purpose
 */

export class Choices {
  /** @param {{ dialog: HTMLDialogElement, token: () => Promise<string>, kept?: () => void }} parts */
  constructor({ dialog, token, kept }) {
    this.#dialog = dialog;
    this.#token = token;
    this.#kept = kept;
  }

  #dialog;
  #token;
  #kept;

  close() {
    this.#dialog.close();
  }

  /**
   * Show the exact text of one purpose and take the customer's word.
   * @param {string} purposeId
   * @param {string[]} categories
   * @param {string} yes what the agreeing button says
   * @returns {Promise<boolean>} whether consent was given
   */
  async ask(purposeId, categories, yes) {
    const purpose = (await this.#purposes()).find((each) => each.id === purposeId);
    if (!purpose) return false;
    const asked = purpose.categories.filter((each) => categories.includes(each.category));
    const names = (asked.length > 0 ? asked : purpose.categories).map((each) => each.label);
    return new Promise((resolve) => {
      const finish = async (/** @type {boolean} */ given) => {
        if (given) await this.#decide(purpose, "given", categories);
        this.#dialog.close();
        resolve(given);
      };
      this.sheet(
        purpose.title,
        [
          element("p", { class: "lead", text: `This is about: ${names.join(", ")}`, dir: "auto" }),
          element("p", { class: "sheet-text", text: purpose.text, dir: "auto" }),
        ],
        [
          button("No thanks", () => finish(false)),
          button(yes, () => finish(true), "outlined"),
        ],
      );
      this.#dialog.addEventListener("cancel", () => resolve(false), { once: true });
    });
  }

  /** Show every purpose with the customer's decisions, each of which can be changed. */
  async showAll() {
    const purposes = await this.#purposes();
    this.sheet(
      "What we may use, and what for",
      [
        element("p", {
          text: "Nothing here is needed to get answers from our help pages. A change counts from the next message on.",
        }),
        ...purposes.map((purpose) => this.#row(purpose)),
      ],
      [button("What is kept", () => this.#kept?.()), button("Close", () => this.close())],
    );
  }

  /** @param {Purpose} purpose */
  #row(purpose) {
    const section = element(
      "section",
      { class: "purpose" },
      element("h3", { text: purpose.title, dir: "auto" }),
      element("p", { text: purpose.benefit, dir: "auto" }),
      element(
        "details",
        {},
        element("summary", { text: "The whole text" }),
        element("p", { class: "sheet-text", text: purpose.text, dir: "auto" }),
      ),
    );
    for (const category of purpose.categories) section.append(this.#category(purpose, category));
    return section;
  }

  /** @param {Purpose} purpose @param {Category} category */
  #category(purpose, category) {
    const given = category.decision === "given";
    const change = button(given ? "Withdraw" : "Allow", async () => {
      await this.#decide(purpose, given ? "withdrawn" : "given", [category.category]);
      await this.showAll();
    });
    change.setAttribute(
      "aria-label",
      `${given ? "Withdraw" : "Allow"}: ${category.label}, ${purpose.title}`,
    );
    return element(
      "div",
      { class: "category" },
      element(
        "span",
        {},
        category.label,
        element("small", { text: `${words(category.decision)} · kept ${category.retention_months} months` }),
      ),
      change,
    );
  }

  /** @param {Purpose} purpose @param {string} decision @param {string[]} categories */
  async #decide(purpose, decision, categories) {
    const named = categories.length > 0 ? { categories } : {};
    const echoed =
      decision === "given" ? { version: purpose.version, text_sha256: purpose.text_sha256 } : {};
    await call(`/v1/me/consents/${encodeURIComponent(purpose.id)}`, {
      method: "PUT",
      token: await this.#token(),
      body: { decision, ...echoed, ...named },
    });
  }

  /** @returns {Promise<Purpose[]>} */
  async #purposes() {
    return (await call("/v1/me/purposes", { token: await this.#token() })).purposes;
  }

  /** Show a sheet; it stays where it was scrolled to. @param {string} title @param {Node[]} body @param {Node[]} foot */
  sheet(title, body, foot) {
    const scrolled = this.#dialog.open ? this.#dialog.querySelector(".sheet-body")?.scrollTop : 0;
    const content = element("div", { class: "sheet-body", tabindex: "0" }, ...body);
    this.#dialog.replaceChildren(
      element(
        "div",
        { class: "sheet" },
        element("div", { class: "sheet-head" }, element("h2", { id: "dialog-title", text: title, dir: "auto" })),
        content,
        element("div", { class: "sheet-foot" }, ...foot),
      ),
    );
    if (!this.#dialog.open) this.#dialog.showModal();
    content.scrollTop = scrolled || 0;
    content.focus();
  }
}
