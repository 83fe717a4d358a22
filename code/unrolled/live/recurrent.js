// A trained network, read from its payload and run a symbol at a time: one recurrent layer and a readout.
// Its weights are those of `weights.rounded`; all that is computed is in float64, as there.
(function (root) {
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer;

  function half(number) {
    const [sign, exponent, fraction] = [number >> 15 ? -1 : 1, (number >> 10) & 31, number & 1023];
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
  }

  // The rows of an array one after the other, and how long a row is.
  function read({ shape, kind, data, scale }) {
    const width = shape.at(-1), count = shape.reduce((a, b) => a * b, 1);
    let rows;
    if (kind === "float16") rows = Float32Array.from(new Uint16Array(bytes(data)), half);
    else if (kind === "int8") {
      const scales = new Float32Array(bytes(scale));
      rows = Float32Array.from(new Int8Array(bytes(data)), (step, i) => step * scales[Math.floor(i / width)]);
    } else rows = new Float32Array(bytes(data));
    if (rows.length !== count) throw new Error("its weights were cut");
    return { rows, width };
  }

  // y += W x, eight rows at a time, which is much faster than one
  function add({ rows, width: w }, x, y) {
    let j = 0;
    for (; j + 7 < y.length; j += 8) {
      let a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
      for (let i = 0, p = j * w; i < w; i++, p++) {
        const x_i = x[i];
        a += rows[p] * x_i;
        b += rows[p + w] * x_i;
        c += rows[p + 2 * w] * x_i;
        d += rows[p + 3 * w] * x_i;
        e += rows[p + 4 * w] * x_i;
        f += rows[p + 5 * w] * x_i;
        g += rows[p + 6 * w] * x_i;
        h += rows[p + 7 * w] * x_i;
      }
      [a, b, c, d, e, f, g, h].forEach((sum, k) => (y[j + k] += sum));
    }
    for (; j < y.length; j++) for (let i = 0, p = j * w; i < w; i++, p++) y[j] += rows[p] * x[i];
  }

  const sigma = (a) => 1 / (1 + Math.exp(-a));
  // One step of h and c, in place: a holds what comes from the input, r what comes from the state before.
  const CELLS = {
    RNN: (a, r, { h }, d) => {
      for (let k = 0; k < d; k++) h[k] = Math.tanh(a[k] + r[k]);
    },
    GRU: (a, r, { h }, d) => {
      for (let k = 0; k < d; k++) {
        const reset = sigma(a[k] + r[k]), kept = sigma(a[d + k] + r[d + k]);
        h[k] = (1 - kept) * Math.tanh(a[2 * d + k] + reset * r[2 * d + k]) + kept * h[k];
      }
    },
    LSTM: (a, r, { h, c }, d) => {
      const gate = (k) => a[k] + r[k];
      for (let k = 0; k < d; k++) {
        c[k] = sigma(gate(d + k)) * c[k] + sigma(gate(k)) * Math.tanh(gate(2 * d + k));
        h[k] = sigma(gate(3 * d + k)) * Math.tanh(c[k]);
      }
    },
  };

  // step and scores of a payload; a symbol and a language are numbers, the language only where the network reads one.
  function network(packed) {
    const w = Object.fromEntries(Object.entries(packed.arrays).map(([name, array]) => [name, read(array)]));
    const embeddings = packed.embeddings.map(read);
    const V = w.b_out.rows.length, d = w.recurrent.width, size = w.b_in.rows.length, cell = CELLS[packed.cell];
    const fromState = new Float64Array(size), known = new Map();

    // What comes from the input, kept for the next time
    function fromInput(id, language) {
      const key = `${id} ${language}`;
      if (!known.has(key)) {
        const a = Float64Array.from(w.b_in.rows), ids = language == null ? [id] : [id, language];
        if (embeddings.length) add(w.input, ids.flatMap((i, k) => [...embeddings[k].rows.subarray(i * embeddings[k].width, (i + 1) * embeddings[k].width)]), a);
        else ids.forEach((i, k) => a.forEach((_, j) => (a[j] += w.input.rows[j * w.input.width + k * V + i])));
        known.set(key, a);
      }
      return known.get(key);
    }

    return {
      V,
      d,
      weights: w,
      start: () => ({ h: new Float64Array(d), c: new Float64Array(d) }),
      step(state, id, language) {
        fromState.set(w.b_recurrent.rows);
        add(w.recurrent, state.h, fromState);
        cell(fromInput(id, language), fromState, state, d);
        return state;
      },
      scores(state) {
        const s = Float64Array.from(w.b_out.rows);
        add(w.readout, state.h, s);
        return s;
      },
    };
  }

  if (typeof module === "object") module.exports = { network };
  else root.unrolled.network = network;
})(globalThis);
