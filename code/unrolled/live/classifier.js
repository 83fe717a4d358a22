// A name, read as it is typed: the probabilities of the languages after each letter, and the letters on which the answer hangs.
(function (root) {
  const { distribution } = typeof module === "object" ? require("./sampling.js") : root.unrolled;

  // The probabilities p and the states h after each symbol. Of a name that begins as the one before it, only the rest is read.
  function reader(net) {
    let ids = [], p = [], h = [];
    return (name) => {
      let t = 0;
      while (t < ids.length && ids[t] === name[t]) t++;
      [ids, p, h] = [name, p.slice(0, t), h.slice(0, t)];
      const state = net.start();
      if (t) state.h.set(h[t - 1]);
      for (; t < ids.length; t++) {
        net.step(state, ids[t]);
        h.push(Float64Array.from(state.h));
        p.push(distribution(net.scores(state)));
      }
      return { p, h };
    };
  }

  // Wᵀ x
  function back({ rows, width }, x) {
    const y = new Float64Array(width);
    x.forEach((x_j, j) => {
      for (let i = 0; i < width; i++) y[i] += rows[j * width + i] * x_j;
    });
    return y;
  }

  // ∂J/∂x_1, …, ∂J/∂x_T of J = log p_k after the last symbol, from p and h of a reader; of a vanilla network
  function gradients({ weights }, { p, h }, k) {
    let g = back(weights.readout, p.at(-1).map((p_j, j) => (j === k) - p_j));
    return h.toReversed().map((h_t) => {
      const delta = g.map((g_i, i) => (1 - h_t[i] ** 2) * g_i);
      g = back(weights.recurrent, delta);
      return back(weights.input, delta);
    }).reverse();
  }

  // From which place on, counted from 1, all are as the last
  const turn = (favourites) => favourites.findLastIndex((one) => one !== favourites.at(-1)) + 2;

  if (typeof module === "object") return (module.exports = { reader, gradients, turn });
  const unrolled = root.unrolled;
  const PAUSE = 400, LEAST = 0.02; // milliseconds without a key, until all is said; the least probability that is written and marked
  const percent = (p) => (p < 0.005 ? "less than 1\u00a0%" : `${Math.round(100 * p)}\u00a0%`);
  const best = (p) => p.reduce((most, p_k, k) => (p_k > p[most] ? k : most), 0);
  const ranked = (p) => [...p.keys()].sort((a, b) => p[b] - p[a]);
  const write = (node, text) => node.textContent === text || (node.textContent = text);
  const move = (node, by) => node.moved === by || (node.style.transform = node.moved = by); // an element's own style is slow to read
  const shown = (letter) => (letter === " " ? "␣" : letter);

  (unrolled.parts ??= {}).classifier = (place, { network, symbols, languages, alphabets, names, most, order }, later) => {
    const { element: el, math, normalise, fetched, fraction } = unrolled;
    const net = unrolled.network(network), read = reader(net), reread = reader(net), C = languages.length;
    const ids = new Map(symbols.map((symbol, id) => [symbol, id])), encoded = (name) => [...name].map((letter) => ids.get(letter));
    const state = { next: 0 };
    let table = unrolled.writing(alphabets), models, pause;

    const field = el("input", { type: "text", autocomplete: "off", autocapitalize: "words", spellcheck: "false", oninput: () => change(field.value) });
    const question = el("p", { class: "live-reading" }), status = el("p", { class: "live-status", role: "status" }), pieces = el("div");
    const tiles = el("div", { class: "live-letters", role: "group", "aria-label": "After each letter" });
    const rows = languages.map((language) => {
      const row = { bar: el("span", { class: "live-share" }), before: el("span", { class: "live-before" }), number: el("span") };
      return { ...row, item: el("li", {}, row.bar, row.before, el("span", {}, language), row.number) };
    });
    const strip = el("canvas", { class: "live-strip", width: net.d, height: 1, role: "img" });
    const beside = el("ul", { class: "live-beside" });
    const seen = el("p", { class: "live-seen", hidden: true }, `To have seen: the state is a belief, and each letter can change it. A name of a language that is not among the ${C} does not get “I don't know”. It gets one of the ${C}, sometimes with a high probability.`);

    // What is read: what was typed, or a name that was given, which comes with the question
    function change(text, given) {
      const found = normalise(text, table), { length } = found.text ?? "";
      const problem = found.problem ?? (!text.trim() ? "Type a name." : !/[A-Za-z]/.test(found.text) ? "There is no letter in it. Type a name." : length > most ? `A name of ${length} letters is too long: at most ${most}. Type a single name.` : "");
      const name = problem ? "" : found.text, { p, h } = read(encoded(name));
      Object.assign(state, { text, given, problem, name, p, h, at: name.length, needs: found.needs, open: !!given, verdict: "", chosen: undefined });
      if (!given) seen.hidden = false;
      draw();
    }

    // Back to the name as it was after a letter; where the question is open, this answers it
    function step(t) {
      const at = turn(state.p.map(best));
      if (state.open) state.verdict = `${t === at ? "Yes" : "Not so"}: after ${state.name.slice(0, at)} the answer is ${languages[best(state.p.at(-1))]}, and stays. `;
      Object.assign(state, { at: t, open: false, chosen: undefined });
      seen.hidden = false;
      draw();
    }

    function draw() {
      const { name, p, h, at, open } = state, now = p[at - 1], before = open ? undefined : p[at - 2], ink = getComputedStyle(strip);
      const [positive, negative] = [1, 2].map((k) => ink.getPropertyValue(`--drawing-${k}`) || ["#0b6bb0", "#c75300"][k - 1]);
      while (tiles.childElementCount > name.length) tiles.lastChild.remove();
      while (tiles.childElementCount < name.length) {
        const t = tiles.childElementCount + 1;
        tiles.append(el("button", { type: "button", onclick: () => step(t) }, el("span"), el("small")));
      }
      [...tiles.children].forEach((button, k) => {
        write(button.firstChild, shown(name[k]));
        write(button.lastChild, open ? "?" : languages[best(p[k])]);
        button.ariaPressed = String(k + 1 === at);
      });
      const favourite = now && best(now);
      rows.forEach(({ bar, before: line, number, item }, k) => {
        move(bar, `scaleX(${(now?.[k] ?? 0).toFixed(4)})`);
        move(line, `translateX(${before?.[k] >= LEAST ? (100 * before[k]).toFixed(2) : -100}%)`);
        write(number, now?.[k] >= LEAST ? percent(now[k]) : "");
        item.classList.toggle("live-first", k === favourite);
      });
      const pen = strip.getContext("2d");
      pen.clearRect(0, 0, net.d, 1);
      h[at - 1]?.forEach((h_k, k) => {
        pen.fillStyle = h_k > 0 ? positive : negative;
        pen.globalAlpha = Math.abs(h_k);
        pen.fillRect(k, 0, 1, 1);
      });
      clearTimeout(pause);
      if (state.problem || state.verdict || state.given) settle();
      else pause = setTimeout(settle, PAUSE);
    }

    // What is said when the keys are at rest
    function settle() {
      const { name, text, given, problem, verdict, p, h, at, open, needs } = state, now = p[at - 1], last = p.at(-1);
      write(question, given ? `Predict: the network reads ${name} letter by letter, and in the end answers ${languages[best(last)]}. After which letter does the answer turn to it, and stay? Tap that letter.` : "Tap a letter to see the answer after it. Where does the answer turn?");
      if (problem) write(status, problem);
      else {
        const [first, second] = ranked(now);
        const whose = given && !open ? ` It is from a list of ${given.language} names${languages.includes(given.language) ? "" : ", a language that the network does not know"}.` : "";
        write(status, `${verdict}${at < name.length ? `After ${name.slice(0, at)}` : name === text.trim() ? name : `Read as ${name}`}: ${languages[first]} ${percent(now[first])}, then ${languages[second]} ${percent(now[second])}.${whose}`);
      }
      const turned = h[at - 2] && h[at - 1].filter((h_k, k) => h_k * h[at - 2][k] < 0).length;
      strip.setAttribute("aria-label", now ? `The state after ${name.slice(0, at)}: ${net.d} numbers.${turned ? ` The last letter changed the sign of ${turned}.` : ""}` : "No state");
      if (pieces.dataset.for !== String(needs)) pieces.replaceChildren(...(needs ? [fetched(later[needs], `the table for ${needs}`, (piece) => ((table = unrolled.writing(piece, table)), change(field.value)))] : []));
      pieces.dataset.for = needs;
      compare();
      drawLetters();
    }

    function compare() {
      if (!models) return;
      const prefix = state.name.slice(0, state.at), { training, gram, count } = models, listed = training.languagesOf(prefix);
      const two = (scores, said) => ranked(scores).slice(0, 2).map((k) => `${languages[k]}${said(scores[k])}`).join(", then ");
      const told = prefix ? [`N-gram model of order ${order}, by Bayes' rule: ${two(gram.posteriors(prefix), (log) => ` ${percent(Math.exp(log))}`)}.`, `Count model: ${two(count(prefix), () => "")}. It has scores, no probabilities.`, listed.length ? `${prefix} stands in the training names: ${listed.join(", ")}.` : `${prefix} does not stand in the training names.`] : [];
      beside.replaceChildren(...told.map((one) => el("li", {}, one)));
    }

    // On which letters the answer hangs, and what another letter really does, which is announced if a reader has just chosen it
    const letters = el("div", { class: "live-letters", role: "group", "aria-label": "Letters to exchange" }), by = el("p"), real = el("p");
    const other = el("select", { onchange: () => drawLetters(true) }), ask = el("label", { class: "live-choices" }, "Exchange it for ", other);
    const fold = el("details", { ontoggle: () => drawLetters() }, el("summary", {}, "On which letters does the answer hang?"), by, letters, ask, real);
    function drawLetters(chosen) {
      if (!fold.open) return;
      const name = state.name.slice(0, state.at), [p, h] = [state.p, state.h].map((all) => all.slice(0, state.at)), last = p.at(-1);
      letters.hidden = ask.hidden = real.hidden = !name;
      write(by, "Type a name first.");
      if (!name) return;
      const k = best(last), J = `log p(${languages[k]})`, g = gradients(net, { p, h }, k), norms = g.map((g_t) => Math.hypot(...g_t)), largest = Math.max(...norms);
      const at = (state.chosen ??= norms.indexOf(largest)), old = name[at], kept = other.value.toLowerCase();
      by.replaceChildren(`Of ${name}: the stronger the colour, the larger is the gradient of J = ${J} with respect to the letter, `, math("‖∂J/∂x_{t}‖"), `. The largest is ${fraction(largest)}. A gradient says what a small change would do, and another letter is a large one. So try it: choose a letter and exchange it.`);
      const focused = [...letters.children].indexOf(document.activeElement); // stays where it is when all is drawn anew
      letters.replaceChildren(...[...name].map((letter, t) => el("button", { type: "button", "aria-pressed": String(t === at), onclick: () => ((state.chosen = t), drawLetters()) },
        el("span", {}, shown(letter)), el("span", { class: "live-shade", style: `opacity: ${norms[t] / largest}` }))));
      letters.children[focused]?.focus();
      const others = [..."abcdefghijklmnopqrstuvwxyz"].map((letter) => (/[A-Z]/.test(old) ? letter.toUpperCase() : letter)).filter((letter) => letter !== old);
      other.replaceChildren(...others.map((letter) => el("option", { selected: letter.toLowerCase() === kept }, letter)));
      const instead = name.slice(0, at) + other.value + name.slice(at + 1), found = reread(encoded(instead)).p.at(-1), now = best(found);
      const told = g[at][ids.get(other.value)] - g[at][ids.get(old)], changed = Math.log(found[k] / last[k]);
      real.setAttribute("aria-live", chosen ? "polite" : "off");
      write(real, `${instead}: ${J} changes by ${fraction(changed)}; by the gradient it would be ${fraction(told)}. ${languages[k]} goes from ${percent(last[k])} to ${percent(found[k])}, and ${now === k ? "is still the answer" : `the answer is ${languages[now]}, ${percent(found[now])}`}.`);
    }

    function another() {
      const [name, language] = names[state.next++ % names.length];
      field.value = name;
      change(name, { language });
    }

    place.append(el("div", { class: "live-predict" }, question), el("div", { class: "live-buttons" }, el("label", { class: "live-name" }, "Name ", field), el("button", { type: "button", onclick: another }, "Another name")), status, pieces, tiles,
      el("ul", { class: "live-languages" }, rows.map(({ item }) => item)), el("p", { class: "live-count" }, "A bar is the probability of a language; a mark below is where it was one letter before. The strip is the state ", math("h_{t}"), `: ${net.d} numbers, from −1 (orange) to 1 (blue).`), strip,
      fetched(later.models, "the training names, for two models that count letters", ({ training, counts }) => {
        const known = unrolled.training(training);
        models = { training: known, gram: unrolled.ngrams(known, order), count: unrolled.counts(counts, known) };
        compare();
      }), beside, fold, seen);
    another();
  };
})(globalThis);
