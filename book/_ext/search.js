// How the search page reads a query and ranks what it finds. Sphinx puts this into language_data.js.
// Numbers such as 15.1.8 stay whole, and a plural loses its s; nobody types more than 32 words.
const wordsOf = text =>
  (text.match(/[\p{L}\p{N}_]+(?:\.\d+)*/gu) ?? []).slice(0, 32).map(word => word.replace(/(\w{3}[^s])s$/i, "$1"));

let asked = "";
var splitQuery = query => {
  asked = wordsOf(query).join(" ").toLowerCase();
  return wordsOf(query);
};

var Scorer = {
  objNameMatch: 0,
  objPartialMatch: 0,
  objPrio: {3: 80, 4: 65, 5: 40, 6: 30}, // those of search.py
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  // the more of a title, or of a part of it, the query is, the better; the package's reference comes last
  score: ([docname, title, , , score]) => {
    if (docname.startsWith("reference")) return score - 1000;
    const parts = title.split(/[:()>]/).map(part => wordsOf(part).join(" ").toLowerCase());
    const shares = parts.map(part => (` ${part} `.includes(` ${asked} `) ? asked.length / part.length : 0));
    return score + 100 * Math.max(...shares.filter(Boolean), 0);
  },
};
