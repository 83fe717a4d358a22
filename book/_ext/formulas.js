// Typesets the formulas given on standard input as JSON and prints, for each, MathJax's error or null.
"use strict";

const mathjax = process.argv[2];
const { formulas, tex } = JSON.parse(require("fs").readFileSync(0, "utf8"));

// The standard output is for the answer alone.
console.log = console.info = console.warn = () => {};

require(`${mathjax}/node-main.js`)
  .init({
    loader: { paths: { mathjax }, load: ["adaptors/liteDOM", "input/tex-full", "output/svg"] },
    tex: { ...tex, formatError: (_, error) => { throw error; } },
  })
  .then((MathJax) => {
    const errors = formulas.map((formula) => {
      try {
        MathJax.tex2svg(formula);
        return null;
      } catch (error) {
        return error.message;
      }
    });
    process.stdout.write(JSON.stringify(errors));
  });
