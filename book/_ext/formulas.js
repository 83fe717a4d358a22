// Reads the formulas given on standard input as JSON and prints, for each, what MathJax makes of it: a tree, or its error.
//
// A node of the tree is [element, attributes, TeX's class, TeX's space before it, children]; a text is a string.
"use strict";

const mathjax = process.argv[2];
const { formulas, tex } = JSON.parse(require("fs").readFileSync(0, "utf8"));

// The standard output is for the answer alone.
console.log = console.info = console.warn = () => {};

// What stretches in a browser unless told otherwise.
const STRETCHY = /^[()[\]{}|‖∣∥⌊⌋⌈⌉⟨⟩←→↔⇐⇒⇔⟵⟶⟹⟺^~¯ˆ˜‾⏞⏟/]$/;

function tree(node) {
  if (node.kind === "text") return [node.getText()];
  const children = node.childNodes.filter(Boolean).flatMap(tree);
  if (node.isInferred) return children;
  const attributes = { ...node.attributes.getAllAttributes() };
  if (node.kind === "mo" && STRETCHY.test(children.join("")))
    attributes.stretchy = node.attributes.get("stretchy");
  if (node.getProperty("scriptlevel")) attributes.scriptlevel = node.getProperty("scriptlevel"); // of a small matrix
  const element = node.kind === "TeXAtom" ? "mrow" : node.kind;
  return [[element, attributes, node.texClass, node.texSpacing(), children]];
}

require(`${mathjax}/node-main.js`)
  .init({
    // Without output/svg, some of the packages in tex-full find no output to ask.
    loader: { paths: { mathjax }, load: ["adaptors/liteDOM", "input/tex-full", "output/svg"] },
    tex: { ...tex, formatError: (_, error) => { throw error; } },
  })
  .then((MathJax) => {
    const { document } = MathJax.startup;
    const answers = formulas.map(([formula, display]) => {
      try {
        const root = document.convert(formula, { display, end: 100 }); // before it is drawn
        root.setTeXclass(null);
        return tree(root)[0];
      } catch (error) {
        return error.message;
      }
    });
    process.stdout.write(JSON.stringify(answers));
  });
