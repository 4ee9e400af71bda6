// What the pages do better with a script. Each of them works without.
"use strict";
(() => {
  const DRAFT_EVERY = 10_000;
  const PREVIEW_AFTER = 700;
  // A network that answers nothing is away.
  const patience = () => AbortSignal.timeout?.(8_000);
  const each = (selector, work) => document.querySelectorAll(selector).forEach(work);
  const post = (form, path) =>
    fetch(path, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual", signal: patience(),
      headers: { "x-socle-script": "1" } });

  // A writing is not sent into the void: when the network was last found away, it is looked for before anything leaves.
  let away = false;
  each("form[data-preview]", (form) => {
    const said = document.getElementById("brouillon");
    let sure = false;
    form.addEventListener("submit", async (event) => {
      if (sure || (!away && navigator.onLine)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const button = event.submitter;
      try {
        await fetch("/static/socle.svg", { method: "HEAD", cache: "no-store", signal: patience() });
        away = false;
        sure = true;
        form.requestSubmit(button);
      } catch {
        away = true;
        said.textContent = "Pas de réseau : rien n’est parti, votre texte reste ici. Ne fermez pas cette page, et réessayez quand le réseau est revenu.";
        said.classList.add("error");
      } finally { sure = false; }
    });
  });

  // A form is sent once: the second click waits for the first.
  each("form[method=post]", (form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "1";
      const button = event.submitter;
      if (button) button.setAttribute("aria-disabled", "true");
    });
  });
  addEventListener("pageshow", () =>
    each("form[data-sent]", (form) => {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
    }));

  // The level and the readers follow the text.
  each("form[data-preview]", (form) => {
    const view = document.getElementById("apercu");
    const said = document.getElementById("dit");
    // Little is announced: the level, and only when it changes. What is open stays open.
    const level = () => view.querySelector(".level")?.textContent ?? "";
    const put = (text) => {
      const before = level();
      const open = Boolean(view.querySelector("details[open]"));
      const held = view.contains(document.activeElement);
      view.innerHTML = text;
      const names = view.querySelector("details");
      if (names && open) names.open = true;
      if (names && held) names.querySelector("summary").focus();
      if (level() && level() !== before) said.textContent = `Niveau : ${level()}`;
    };
    form.querySelectorAll("[value=niveau]").forEach((button) => { button.hidden = true; });
    let timer = 0;
    let turn = 0;
    let shown = new URLSearchParams(new FormData(form)).toString();
    const refresh = async () => {
      const now = new URLSearchParams(new FormData(form)).toString();
      if (now === shown) return;
      const mine = ++turn;
      try {
        const answer = await post(form, form.dataset.preview);
        away = false;
        if (!answer.ok || mine !== turn) return;
        put(await answer.text());
        shown = now;
      } catch { away = true; /* What is shown stays. */ }
    };
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(refresh, PREVIEW_AFTER); });
    form.addEventListener("change", () => { clearTimeout(timer); timer = setTimeout(refresh, 50); });
  });

  // An unfinished writing is kept every ten seconds.
  each("form[data-draft]", (form) => {
    const said = document.getElementById("brouillon");
    let kept = new URLSearchParams(new FormData(form)).toString();
    let over = false;
    const say = (text, alarm) => {
      said.textContent = text;
      said.classList.toggle("error", Boolean(alarm));
    };
    const keep = async () => {
      const now = new URLSearchParams(new FormData(form)).toString();
      if (over || now === kept || form.dataset.sent) return;
      try {
        const answer = await post(form, form.dataset.draft);
        away = false;
        const words = answer.headers.get("content-type")?.startsWith("text/plain") ? await answer.text() : "";
        if (answer.ok) {
          kept = now;
          return say(words);
        }
        // A session that is over, an older page: trying again changes nothing. What is too long may be shortened.
        over = [401, 403, 409, 412].includes(answer.status) || answer.type === "opaqueredirect";
        const ended = answer.status === 401 || answer.type === "opaqueredirect";
        const long = answer.status === 413 ? "Brouillon non gardé : ce texte est trop long. Raccourcissez-le, ou partagez-le en deux." : "";
        say(words || long || (ended
          ? "Votre session est terminée. Ne fermez pas cette page : enregistrez, reconnectez-vous, votre texte vous sera rendu."
          : "Brouillon non gardé : votre texte reste dans cette page. Enregistrez, ou réessayez dans quelques instants."), answer.status !== 422);
      } catch {
        away = true;
        say("Pas de réseau : votre texte reste ici, nouvel essai dans quelques secondes.", true);
      }
    };
    setInterval(keep, DRAFT_EVERY);
    form.addEventListener("submit", () => { kept = new URLSearchParams(new FormData(form)).toString(); });
    addEventListener("beforeunload", (event) => {
      if (!form.dataset.sent && new URLSearchParams(new FormData(form)).toString() !== kept) event.preventDefault();
    });
  });

  // The print button exists only where a script can print.
  each("[data-print]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => print());
  });

  // After a mistake, the reader is brought to the list of mistakes; after a save, to what was done, unless the address leads
  // to the very line.
  (document.getElementById("erreurs") ?? (location.hash ? null : document.getElementById("fait")))?.focus();
})();
