// Field: a heat map, and level lines over it.

export class Field {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  }

  /** Draw `values` (rows × columns of uint8, first row at the bottom) over a context of w × h
   * pixels. */
  draw(context, w, h, values, rows, columns, table) {
    if (this.canvas.width !== columns || this.canvas.height !== rows) {
      this.canvas.width = columns;
      this.canvas.height = rows;
      this.image = this.context.createImageData(columns, rows);
      this.words = new Uint32Array(this.image.data.buffer);
    }
    for (let r = 0; r < rows; r++) {
      const from = r * columns;
      const to = (rows - 1 - r) * columns;
      for (let c = 0; c < columns; c++) this.words[to + c] = table[values[from + c]];
    }
    this.context.putImageData(this.image, 0, 0);
    context.imageSmoothingEnabled = true;
    context.drawImage(this.canvas, 0, 0, w, h);
  }
}

// Work space of `levelLine`, kept from call to call: for each edge between two cell centres where the
// line crosses it, and the one or two edges that it comes from or goes on to there.
let places = new Float32Array(0);
let links = new Int32Array(0);
let used = new Int32Array(0); // the edges that are crossed
let count = 0; // how many of them
const ends = [0, 0, 0, 0]; // the edges of one cell that are crossed

const NONE = -1;

function join(from, to) {
  if (links[2 * from] === NONE) {
    links[2 * from] = to;
    used[count++] = from;
  } else links[2 * from + 1] = to;
}

/** A level line as a path in pixels, by marching squares between cell centres. Its pieces are joined
 * to long lines: thousands of short ones take a browser four times as long to draw. */
export function levelLine(values, rows, columns, w, h, level = 127.5, path = new Path2D()) {
  const edges = 2 * rows * columns; // edge 2i goes from cell i to the next in its row, 2i + 1 to the next row
  if (places.length < 2 * edges) {
    places = new Float32Array(2 * edges);
    links = new Int32Array(2 * edges).fill(NONE);
    used = new Int32Array(edges);
  }
  for (let r = 0; r + 1 < rows; r++) {
    let i = r * columns;
    let b = values[i];
    let e = values[i + columns];
    for (let c = 0; c + 1 < columns; c++, i++) {
      const a = b;
      const d = e;
      b = values[i + 1];
      e = values[i + columns + 1];
      const corner = a > level;
      if (corner === b > level && corner === e > level && corner === d > level) continue;
      let n = 0;
      if (corner !== b > level) ends[n++] = crossed(2 * i, c + (level - a) / (b - a), r);
      if (b > level !== e > level) ends[n++] = crossed(2 * (i + 1) + 1, c + 1, r + (level - b) / (e - b));
      if (e > level !== d > level) ends[n++] = crossed(2 * (i + columns), c + (level - d) / (e - d), r + 1);
      if (d > level !== corner) ends[n++] = crossed(2 * i + 1, c, r + (level - a) / (d - a));
      // Two lines cross this cell: its middle decides which corners belong together.
      const turned = n === 4 && (a + b + d + e) / 4 > level !== corner ? 3 : 0;
      for (let k = 0; k < n; k += 2) {
        const one = ends[(k + turned) % n];
        const other = ends[(k + 1 + turned) % n];
        join(one, other);
        join(other, one);
      }
    }
  }
  const sx = w / columns;
  const sy = h / rows;
  // Lines that end at the border begin there; what is left afterwards are rings.
  for (const rings of [false, true])
    for (let k = 0; k < count; k++) {
      const start = used[k];
      if (links[2 * start] === NONE || (!rings && links[2 * start + 1] !== NONE)) continue;
      path.moveTo((places[2 * start] + 0.5) * sx, h - (places[2 * start + 1] + 0.5) * sy);
      for (let edge = start, next = links[2 * start]; next !== NONE;) {
        unlink(edge, next);
        unlink(next, edge);
        if (rings && next === start) path.closePath();
        else path.lineTo((places[2 * next] + 0.5) * sx, h - (places[2 * next + 1] + 0.5) * sy);
        edge = next;
        next = links[2 * edge];
      }
    }
  count = 0;
  return path;
}

/** Note where an edge is crossed, in cells; returns the edge. */
function crossed(edge, x, y) {
  places[2 * edge] = x;
  places[2 * edge + 1] = y;
  return edge;
}

/** Take away the way from an edge to another; the one that is left comes first. */
function unlink(edge, other) {
  if (links[2 * edge] === other) links[2 * edge] = links[2 * edge + 1];
  links[2 * edge + 1] = NONE;
}
