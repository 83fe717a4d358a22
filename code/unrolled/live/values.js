(function (root) { const unrolled = root.unrolled; class Misshapen extends Error {} class Unknown extends Error {} Object.assign(unrolled, {Misshapen, Unknown}); })(globalThis);
