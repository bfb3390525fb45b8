// Field: a heat map, and level lines over it.

export class Field {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d");
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

/** A level line as a path in pixels, by marching squares between cell centres. */
export function levelLine(values, rows, columns, w, h, level = 127.5, path = new Path2D()) {
  const sx = w / columns;
  const sy = h / rows;
  const cut = (a, b) => (level - a) / (b - a);
  for (let r = 0; r + 1 < rows; r++) {
    for (let c = 0; c + 1 < columns; c++) {
      const i = r * columns + c;
      const a = values[i];
      const b = values[i + 1];
      const d = values[i + columns];
      const e = values[i + columns + 1];
      const corners = (a > level ? 1 : 0) | (b > level ? 2 : 0) | (e > level ? 4 : 0) | (d > level ? 8 : 0);
      if (corners === 0 || corners === 15) continue;
      const x = (c + 0.5) * sx;
      const y = h - (r + 0.5) * sy;
      const ends = [];
      if (a > level !== b > level) ends.push([x + cut(a, b) * sx, y]);
      if (b > level !== e > level) ends.push([x + sx, y - cut(b, e) * sy]);
      if (e > level !== d > level) ends.push([x + cut(d, e) * sx, y - sy]);
      if (d > level !== a > level) ends.push([x, y - cut(a, d) * sy]);
      // Two lines cross this cell: its middle decides which corners belong together.
      if (ends.length === 4 && (a + b + d + e) / 4 > level === a > level) ends.unshift(ends.pop());
      for (let k = 0; k + 1 < ends.length; k += 2) {
        path.moveTo(...ends[k]);
        path.lineTo(...ends[k + 1]);
      }
    }
  }
  return path;
}
