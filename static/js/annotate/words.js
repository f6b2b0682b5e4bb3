// The words that one text has and the other has not, by the longest common subsequence.

const LONGEST = 1200; // words on either side after what both share at their ends; the table grows with the product

const words = (text) => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];

// [["=", text], ["-", text], ["+", text], …], or null where the texts are too long to compare while typing.
export function wordDiff(before, after) {
  const old = words(before);
  const now = words(after);
  let head = 0;
  while (head < Math.min(old.length, now.length) && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const a = old.slice(head, old.length - tail);
  const b = now.slice(head, now.length - tail);
  if (a.length > LONGEST || b.length > LONGEST) return null;
  const parts = [];
  const add = (sign, text) => {
    if (parts.at(-1)?.[0] === sign) parts.at(-1)[1] += text;
    else if (text) parts.push([sign, text]);
  };
  add("=", old.slice(0, head).join(""));
  walk(a, b, add);
  add("=", old.slice(old.length - tail).join(""));
  return parts;
}

function walk(a, b, add) {
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = a[i] === b[j]
        ? common[(i + 1) * width + j + 1] + 1
        : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { add("=", a[i]); i += 1; j += 1; }
    else if (i < a.length && (j === b.length || common[(i + 1) * width + j] >= common[i * width + j + 1])) { add("-", a[i]); i += 1; }
    else { add("+", b[j]); j += 1; }
  }
}
